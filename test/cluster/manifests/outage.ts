import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { inAWhile, type Commands } from './commands.ts';
import { cronJob, job, ownedBy, pinned, pod, podSpec, stream, type Json } from './objects.ts';

const short = 'keycloak:20.0';
const ofJob = ownedBy('Job', 'batch/v1');
const ofCronJob = ownedBy('CronJob', 'batch/v1');
const ofOperator = ownedBy('Backup', 'example.com/v1');
const dataVolume = (reference: string): Json => ({ name: 'data', image: { reference } });

const creations: readonly (readonly [string, 'called' | 'not called', Json])[] = [
  ['a Pod with a short name', 'called', pod(podSpec(short))],
  ['a pinned Pod that somebody wrote', 'called', pod(podSpec(pinned))],
  ['a pinned Pod of a controller', 'not called', pod(podSpec(pinned), ofJob)],
  ['an unpinned Pod of a controller', 'called', pod(podSpec(short), ofJob)],
  ['a Pod of a controller with half a digest', 'called', pod(podSpec('quay.io/a/b@sha256:1f'), ofJob)],
  [
    'a Pod of a controller with an unpinned init container',
    'called',
    pod(podSpec(pinned, { initContainers: [{ name: 'init', image: 'busybox' }] }), ofJob),
  ],
  [
    'a Pod of a controller with an unpinned image volume',
    'called',
    pod(podSpec(pinned, { volumes: [dataVolume('data:1.0')] }), ofJob),
  ],
  [
    'a Pod of a controller with a pinned image volume and another volume',
    'not called',
    pod(podSpec(pinned, { volumes: [{ name: 'tmp', emptyDir: {} }, dataVolume(pinned)] }), ofJob),
  ],
  [
    'a mirror Pod',
    'not called',
    pod(podSpec(short, { nodeName: 'n' }), { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
  ],
  ['a pinned Job that somebody wrote', 'called', job(pinned)],
  ['a pinned Job of a CronJob', 'not called', job(pinned, ofCronJob)],
  ['an unpinned Job of a CronJob', 'called', job(short, ofCronJob)],
  ['a CronJob with a short name', 'called', cronJob(short)],
  ['a pinned CronJob of a controller', 'not called', cronJob(pinned, ofOperator)],
  ['an unpinned CronJob of a controller', 'called', cronJob(short, ofOperator)],
];

const updates: readonly (readonly [string, 'called' | 'not called', string])[] = [
  ['a label', 'not called', 'label job unchanged team=a'],
  ['an annotation', 'called', 'annotate job unchanged team=a'],
  ['the scale of a Deployment', 'not called', 'scale deployment mykeycloak --replicas=3'],
  ['an image', 'called', 'set image deployment/mykeycloak keycloak=keycloak:19.0'],
];

interface Pods {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly spec: Json }[];
}

/** Which objects the API server asks the webhook about, seen by what an outage refuses when failing closed. */
export function describeOutage({ run, kubectl }: Commands): void {
  const called = expect.stringContaining('failed calling webhook "mutate.pinstream.dev"');
  const create = (object: Json): Promise<string> =>
    run('create --dry-run=server -n myproject -f -', object).then(({ stderr }) => stderr);

  beforeAll(async () => {
    await kubectl('create -n myproject -f -', job(pinned, { name: 'unchanged' }));
    await kubectl(`create deployment debugged -n myproject --image=${pinned}`);
    await eventually(() => kubectl('wait pod -n myproject -l app=debugged --for=create --timeout=20s'), {
      describe: 'the Pod to debug',
      ...inAWhile,
    });
    await kubectl('apply --server-side -k manifests/overlays/fail-closed');
    await eventually(async () => expect(await create(pod(podSpec(short)))).toEqual(called), {
      describe: 'the webhook is called',
      ...inAWhile,
    });
  });

  test.each(creations)('creating %s: %s', async (_title, expected, object) => {
    expect(await create(object)).toEqual(expected === 'called' ? called : '');
  });

  test.each(updates)('changing %s: %s (%s)', async (_title, expected, command) => {
    const { stderr } = await run(`${command} -n myproject --dry-run=server`);
    expect(stderr).toEqual(expected === 'called' ? called : '');
  });

  test.each([
    [short, called],
    [pinned, ''],
  ])('debugging a pinned Pod of a controller with %s', async (image, expected) => {
    const pods = JSON.parse(await kubectl('get pods -n myproject -l app=debugged -o json')) as Pods;
    const [debugged] = pods.items;
    const path = `/api/v1/namespaces/myproject/pods/${debugged?.metadata.name}/ephemeralcontainers?dryRun=All`;
    const ephemeralContainers = [{ name: 'debugger', image }];
    const { stderr } = await run(`replace --raw ${path} -f -`, {
      ...debugged,
      spec: { ...debugged?.spec, ephemeralContainers },
    });
    expect(stderr).toEqual(expected);
  });

  test('an object without containers is refused for that, not for our condition', async () => {
    expect(await create(pod({ containers: null }, ofJob))).toContain('spec.containers: Required value');
  });

  test.each([
    ['kube-system', {}],
    ['pinstream-system', {}],
    ['switched-off', { 'pinstream.dev/image-lookup': 'disabled' }],
  ])('namespace %s is left alone', async (name, labels) => {
    // The first two are there already.
    await run('create -f -', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    const { stderr } = await run(`create --dry-run=server -n ${name} -f -`, job(short));
    expect(stderr).not.toEqual(called);
  });

  describe('image streams', () => {
    const judged = expect.stringContaining('failed calling webhook "imagestreams.pinstream.dev"');
    const insecure = 'openshift.io/image.insecureRepository=true';

    test.each([
      ['myproject', 'app'],
      ['openshift', 'app'],
      ['kube-system', 'app'],
    ])('creating one in namespace %s: called', async (namespace, name) => {
      const { stderr } = await run(`create --dry-run=server -n ${namespace} -f -`, stream([], {}, { name }));
      expect(stderr).toEqual(judged);
    });

    test.each([
      ['a label', 'not called', 'label is keycloak team=a'],
      ['an annotation', 'not called', 'annotate is keycloak team=a'],
      ['whether it is insecure', 'called', `annotate is keycloak ${insecure}`],
      [
        'its lookup policy',
        'called',
        'patch is keycloak --type=merge -p {"spec":{"lookupPolicy":{"local":false}}}',
      ],
      [
        'its status',
        'not called',
        'patch is keycloak --subresource=status --type=merge -p {"status":{"dockerImageRepository":"x/y"}}',
      ],
    ])('changing %s: %s (%s)', async (_title, expected, command) => {
      const { stderr } = await run(`${command} -n myproject --dry-run=server`);
      expect(stderr).toEqual(expected === 'called' ? judged : '');
    });
  });

  describe('with rules', () => {
    test('pinned objects of controllers and namespaces without lookup are judged too', async () => {
      await kubectl('apply --server-side -k manifests/overlays/rules');
      const labels = { 'pinstream.dev/image-lookup': 'disabled' };
      await kubectl('create -f -', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'judged', labels },
      });
      await eventually(
        async () => {
          const { stderr } = await run('create --dry-run=server -n judged -f -', job(pinned, ofCronJob));
          expect(stderr).toContain('failed calling webhook "validate.pinstream.dev"');
        },
        { describe: 'the validating webhook is called', ...inAWhile },
      );
    });
  });
}
