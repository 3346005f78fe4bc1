import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { fields, yamlFiles, type Fields, type Value } from '../manifests/files.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const chart = parse(read('charts/pinstream/Chart.yaml')) as Fields;
const values = parse(read('charts/pinstream/values.yaml')) as Fields;
const schema = JSON.parse(read('charts/pinstream/values.schema.json')) as Fields;
const readme = read('charts/pinstream/README.md');

/** The paths of all values: what has no keys of its own is one. */
function leaves(value: Value | undefined, path: readonly string[] = []): string[][] {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isMap ? Object.entries(fields(value)) : [];
  if (entries.length === 0) return [[...path]];
  return entries.flatMap(([key, child]) => leaves(child, [...path, key]));
}

/** What the schema says of a path; undefined where it does not know it, `{}` where it leaves it open. */
function schemaAt(path: readonly string[]): Fields | undefined {
  return path.reduce<Fields | undefined>((found, key) => {
    if (found === undefined) return undefined;
    const here = resolved(found);
    const child = fields(here.properties)[key];
    if (child !== undefined) return resolved(fields(child));
    return here.additionalProperties === false ? undefined : {};
  }, schema);
}

function resolved(part: Fields): Fields {
  if (typeof part.$ref !== 'string') return part;
  return fields(fields(schema.definitions)[part.$ref.replace('#/definitions/', '')]);
}

test('README.md is what scripts/chart-readme.ts makes of values.yaml', () => {
  const script = fileURLToPath(new URL('scripts/chart-readme.ts', root));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(readme).toBe(stdout);
});

test.each(leaves(values).map((path) => path.join('.')))('%s is explained, checked and used', (name) => {
  const path = name.split('.');
  const ancestors = path.map((_, index) => path.slice(0, index + 1).join('.'));
  expect(ancestors.some((ancestor) => readme.includes(`| \`${ancestor}\` |`))).toBe(true);
  expect(schemaAt(path)).toBeDefined();
  const templates = yamlFiles('charts/pinstream/templates')
    .concat(['_helpers.tpl', '_webhooks.tpl'].map((file) => `charts/pinstream/templates/${file}`))
    .map(read)
    .join('\n');
  const explained = ancestors.find((ancestor) => readme.includes(`| \`${ancestor}\` |`)) ?? name;
  expect(templates).toMatch(new RegExp(`\\.${explained.split('.').at(-1) ?? ''}\\b`));
});

test('the schema knows no value that values.yaml does not show', () => {
  const unknown = (part: Fields, shown: Fields, path: string): string[] =>
    Object.entries(fields(part.properties)).flatMap(([key, child]) => {
      const here = `${path}.${key}`;
      if (!(key in shown)) return [here];
      const next = shown[key];
      const isMap = typeof next === 'object' && next !== null && !Array.isArray(next);
      const open = isMap && Object.keys(next).length === 0;
      return isMap && !open ? unknown(resolved(fields(child)), fields(next), here) : [];
    });
  // `global` is Helm's; `claims` of resources is Kubernetes'.
  expect(unknown(schema, values, '').filter((path) => !/\.(global|claims)$/.test(path))).toEqual([]);
});

test.each(['imagestreams', 'images'])('the kind of %s is that of the manifests', (name) => {
  expect(read(`charts/pinstream/files/crds/${name}.yaml`)).toBe(read(`manifests/crd/${name}.yaml`));
});

test('the chart installs the image of its own release', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(chart).toMatchObject({ appVersion: version, kubeVersion: '>=1.30.0-0' });
  expect(fields(chart.annotations)['artifacthub.io/images']).toContain(`pinstream:${version}\n`);
});

test.each(['alerts/pinstream.rules.yaml', 'dashboards/pinstream.json'])('%s is there', (path) => {
  expect(existsSync(new URL(`charts/pinstream/${path}`, root))).toBe(true);
});
