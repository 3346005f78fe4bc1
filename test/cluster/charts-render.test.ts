import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { at, fields, list, text, type Fields, type Value } from '../manifests/files.ts';
import { chartFolder, kustomize, startHelm, type Helm, type Values } from './charts/helm.ts';
import { renderKustomization } from './charts/kustomization.ts';
import { isHook, objectsOf, plain, type Objects } from './charts/objects.ts';
import { effects, notes, refusals } from './charts/tables.ts';
import { goldens, monitoring } from './charts/value-sets.ts';
import { variants } from './charts/variants.ts';
import { askWebhook } from './charts/test-pod.ts';
import { describeWithTools } from './suite.ts';

const named = Object.entries(goldens).map(([name, values]) => ({ name, values }));
const golden = (name: string): URL => new URL(`./charts/golden/${name}.yaml`, import.meta.url);
const inChart = (path: string): string => readFileSync(`${chartFolder}/${path}`, 'utf8');

// Not among test/charts: these need binaries, which `npm run test:cluster` builds.
describeWithTools('the chart', ['helm', 'kubectl'], () => {
  let helm: Helm;
  beforeAll(() => void (helm = startHelm()));
  afterAll(() => helm.end());
  const objects = async (values: Values, ...flags: string[]): Promise<Objects> =>
    objectsOf(await helm.template(values, ...flags));

  test.each(named)('passes the linter with the values of $name', async ({ values }) => {
    const { code, stdout } = await helm.run(
      ['lint', '--strict', chartFolder, '--kube-version', '1.30.0'],
      values,
    );
    // The icon that it recommends we have not.
    expect(stdout.replace('[INFO] Chart.yaml: icon is recommended\n', '')).not.toMatch(
      /\[(INFO|WARNING|ERROR)\]/,
    );
    expect(code).toBe(0);
  });

  test.each(variants)('renders what kustomize does for $title', async (variant) => {
    const theirs = objectsOf(await renderKustomization(kustomize(), variant));
    const ours = Object.entries(await objects(variant.values)).filter(([, object]) => !isHook(object));
    // Helm makes the namespace itself (--create-namespace), and a chart that brought it would delete it when uninstalled.
    const wanted = Object.entries(theirs).filter(([key]) => key !== 'Namespace pinstream-system');
    const plainly = (entries: readonly (readonly [string, Fields])[]): Objects =>
      Object.fromEntries(entries.map(([key, object]) => [key, plain(object)]));
    expect(plainly(ours)).toEqual(labelled(plainly(wanted)));
  });

  test.each(named)('renders the values of $name as in golden/$name.yaml', async ({ name, values }) => {
    const rendered = await helm.template(values);
    if (process.env.PINSTREAM_UPDATE_GOLDEN === '1') writeFileSync(golden(name), rendered);
    expect(rendered).toBe(readFileSync(golden(name), 'utf8'));
  });

  test.each(effects)('%s', async (_title, values, object, path, expected) => {
    const found = (await objects(values))[object];
    if (path === '') expect(found === undefined ? 'absent' : 'present').toBe(expected);
    else expect(at(found, path) ?? null).toEqual(expected);
  });

  test.each(refusals)('refuses %s', async (_title, values, message) => {
    await expect(helm.template(values)).rejects.toThrow(message);
  });

  test.each(notes)('its notes warn of %s', async (_title, values, warnings) => {
    const install = ['install', 'pinstream', chartFolder, '--namespace', 'pinstream-system'];
    const { stdout } = await helm.run([...install, '--dry-run=client'], values);
    const [, said = ''] = stdout.split('\nNOTES:\n');
    expect(said).toContain('kubectl -n pinstream-system rollout status');
    const found = [...said.matchAll(/^(?:WARNING|NOTE): (.*)$/gm)].map(([, line = '']) => line);
    expect(found).toEqual(warnings.map((warning) => expect.stringContaining(warning)));
  });

  describe('what `helm test` runs', () => {
    let script: string;
    beforeAll(async () => {
      const pod = (await objects({}))['Pod pinstream-system/pinstream-test-ready'];
      const [node, flag, words] = list(at(pod, 'spec.containers.0.command'));
      const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
      expect([flag, dockerfile]).toEqual([
        '--eval',
        expect.stringContaining(`ENTRYPOINT ["${text(node)}", `),
      ]);
      script = text(words);
    });

    test.each([
      ['ready', 200, 0, /\/readyz: answers 200\n$/],
      ['not ready', 503, 1, /\/readyz: answers 503\n$/],
      ['not there', undefined, 1, /\/readyz: .*ECONNREFUSED.*\n$/],
    ])('says that the webhook is %s', async (_state, answer, code, line) => {
      const result = await askWebhook(script, answer);
      expect(result).toEqual({ code, stdout: expect.stringMatching(line) });
    });
  });

  test('refuses to bring image streams to OpenShift, which it knows by its builds', async () => {
    const onOpenShift = ['--api-versions', 'build.openshift.io/v1'];
    await expect(helm.template({}, ...onOpenShift)).rejects.toThrow('set openshift=true');
    await expect(helm.template({ openshift: true }, ...onOpenShift)).resolves.toContain('kind: Deployment');
  });

  test('refuses a Kubernetes without match conditions', async () => {
    await expect(helm.template({}, '--kube-version', '1.29.9')).rejects.toThrow(/1\.30\.0/);
  });

  test('is installed in another namespace than ours as a whole', async () => {
    const rendered = await helm.template({ rules: { enabled: true } }, '--namespace', 'streams');
    const places = Object.values(objectsOf(rendered)).map((object) => at(object, 'metadata.namespace'));
    expect(new Set(places)).toEqual(new Set([undefined, 'streams']));
    expect(rendered).not.toContain('pinstream-system');
  });

  describe('monitoring', () => {
    let rendered: Objects;
    beforeAll(async () => void (rendered = await objects(monitoring)));

    test('the rules are those of the file that promtool tests', () => {
      const groups = (parse(inChart('alerts/pinstream.rules.yaml')) as Fields).groups;
      expect(at(rendered['PrometheusRule pinstream-system/pinstream'], 'spec.groups')).toEqual(groups);
    });

    test('the dashboard is the file', () => {
      const data = fields(rendered['ConfigMap pinstream-system/pinstream-dashboard']?.data);
      expect(JSON.parse(text(data['pinstream.json']))).toEqual(
        JSON.parse(inChart('dashboards/pinstream.json')),
      );
    });

    test('the monitor selects the metrics Services, and no other port', () => {
      const monitor = rendered['ServiceMonitor pinstream-system/pinstream'];
      const wanted = fields(at(monitor, 'spec.selector.matchLabels'));
      const port = text(at(monitor, 'spec.endpoints.0.port'));
      const selected = Object.entries(rendered).filter(
        ([key, object]) =>
          key.startsWith('Service ') &&
          Object.entries(wanted).every(([label, value]) => labelsOf(object)[label] === value) &&
          JSON.stringify(at(object, 'spec.ports')).includes(`"name":"${port}"`),
      );
      expect(selected.map(([key]) => key).sort()).toEqual([
        'Service pinstream-system/pinstream-controller-metrics',
        'Service pinstream-system/pinstream-webhook-metrics',
      ]);
    });
  });

  test('common labels and annotations are on every object, and labels on every Pod, but select nothing', async () => {
    const common = { commonLabels: { team: 'images' }, commonAnnotations: { contact: 'images@example' } };
    const extras: Values = { ...common, registryCache: { enabled: true }, rules: { enabled: true } };
    for (const [key, object] of Object.entries(await objects(extras))) {
      expect([key, labelsOf(object).team]).toEqual([key, 'images']);
      expect([key, at(object, 'metadata.annotations.contact')]).toEqual([key, 'images@example']);
      if (object.kind !== 'Deployment') continue;
      expect(at(object, 'spec.template.metadata.labels.team')).toBe('images');
      expect(JSON.stringify(at(object, 'spec.selector'))).not.toContain('team');
    }
  });
});

/**
 * The one difference that is meant: kustomize puts the labels of base on what base brings, so what only a component brings has none;
 * the chart labels everything, as Helm users select by it.
 */
function labelled(objects: Objects): Objects {
  const labels = { 'app.kubernetes.io/name': 'pinstream', 'app.kubernetes.io/part-of': 'pinstream' };
  const entries = Object.entries(objects).map(([key, object]): [string, Fields] =>
    'app.kubernetes.io/name' in labelsOf(object)
      ? [key, object]
      : [key, { ...object, metadata: { ...fields(object.metadata), labels } }],
  );
  return Object.fromEntries(entries);
}

function labelsOf(object: Fields): Readonly<Record<string, Value>> {
  return fields(fields(object.metadata).labels);
}
