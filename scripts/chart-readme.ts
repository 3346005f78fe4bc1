/**
 * `node scripts/chart-readme.ts`: writes charts/pinstream/README.md from Chart.yaml and the `# -- ` lines of values.yaml.
 * `--print` writes to stdout instead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A value that has a line saying what it is for. */
interface Described {
  readonly path: readonly string[];
  readonly description: string;
  readonly value: unknown;
}

const chart = new URL('../charts/pinstream/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, chart), 'utf8');

/** By lines, since a YAML parser hands comments to whatever node comes next. */
function describedValues(text: string): Described[] {
  const values: unknown = parse(text);
  const found: Described[] = [];
  let path: string[] = [];
  let description: string | undefined;
  for (const line of text.split('\n')) {
    const comment = /^ *# (-- )?(.*)$/.exec(line);
    if (comment) {
      const [, first, words = ''] = comment;
      if (first !== undefined) description = words;
      else if (description !== undefined) description += ` ${words}`;
      continue;
    }
    const key = /^( *)([A-Za-z]\w*):/.exec(line);
    if (key?.[2] !== undefined) {
      path = [...path.slice(0, (key[1] ?? '').length / 2), key[2]];
      if (description !== undefined) found.push({ path, description, value: valueAt(values, path) });
    }
    description = undefined;
  }
  return found;
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((here, key) => (here as Record<string, unknown>)[key], values);
}

function table(rows: readonly Described[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const lines = rows.map(
    ({ path, description, value }) =>
      `| \`${path.join('.')}\` | ${cell(defaultOf(value))} | ${cell(description)} |`,
  );
  return ['| value | default | |', '|---|---|---|', ...lines].join('\n');
}

const longestDefault = 60;

function defaultOf(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > longestDefault ? '[values.yaml](values.yaml)' : `\`${json}\``;
}

function readme(): string {
  const { description, version, kubeVersion } = parse(read('Chart.yaml')) as Record<string, string>;
  const described = describedValues(read('values.yaml'));
  const groups = [...new Set(described.map(({ path: [first = ''] }) => first))];
  const rowsOf = (group: string): Described[] => described.filter(({ path }) => path[0] === group);
  const single = (group: string): boolean => rowsOf(group).every(({ path }) => path.length === 1);
  return `# pinstream

<!-- Made by scripts/chart-readme.ts from Chart.yaml and values.yaml. -->

${description}. Chart ${version}, for Kubernetes ${kubeVersion?.replace('-0', '')}.

    helm install pinstream charts/pinstream --namespace pinstream-system --create-namespace
    kubectl -n pinstream-system rollout status deployment/pinstream-webhook
    helm -n pinstream-system test pinstream

Upgrading, uninstalling, coming from kustomize, and which values matter: [docs/helm.md](../../docs/helm.md). Why the defaults are what they
are: [docs/install.md](../../docs/install.md).

The names of the objects do not depend on the release's, since there is one installation in a cluster. Values that are unknown or of the
wrong type are refused, with their path.

## Values

${table(groups.filter(single).flatMap(rowsOf))}

${groups
  .filter((group) => !single(group))
  .map((group) => `### ${group}\n\n${table(rowsOf(group))}`)
  .join('\n\n')}
`;
}

const text = readme();
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(new URL('README.md', chart), text);
