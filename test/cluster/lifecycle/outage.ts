import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import type { Commands } from '../manifests/commands.ts';
import { dockerImage, job, stream, tag, type Json } from '../manifests/objects.ts';
import { applyWith, configurations, documented, inAWhile, typeDocumented } from './commands.ts';

const exempt = ['pinstream-system', 'kube-system', 'kube-node-lease'];
const needed = (namespace: string): Json => ({ metadata: { name: 'needed', namespace } });
const labels = { app: 'x' };
const image = 'registry.example/needed:1.0';
/** As the profile of our namespace wants it. */
const restricted: Json = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'main',
      image,
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
};
const deployment = (namespace: string): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  ...needed(namespace),
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: restricted } },
});
const neededJob = (namespace: string): Json => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  ...needed(namespace),
  spec: { template: { spec: { ...restricted, restartPolicy: 'Never' } } },
});
const plain = (kind: string, namespace: string, further: Json = {}): Json => ({
  apiVersion: 'v1',
  kind,
  ...needed(namespace),
  ...further,
});

/** As a kubelet asks for its certificate. */
function signingRequest(): Json {
  const line =
    'req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /O=system:nodes/CN=system:node:needed';
  const request = execFileSync('openssl', line.split(' '), { stdio: ['ignore', 'pipe', 'ignore'] });
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'needed' },
    spec: {
      request: request.toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
    },
  };
}

/** What a cluster writes to come up and to stay up, wherever that is. */
const vital: readonly (readonly [string, () => Json])[] = [
  ...exempt.flatMap((namespace): (readonly [string, () => Json])[] => [
    [`a Deployment in ${namespace}`, () => deployment(namespace)],
    [`a Pod in ${namespace}`, () => plain('Pod', namespace, { spec: restricted })],
    [`a Job in ${namespace}`, () => neededJob(namespace)],
  ]),
  ['a Namespace', () => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'needed' } })],
  ['a Node', () => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'needed' } })],
  ['a Lease', () => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...needed('kube-node-lease') })],
  ['a Secret', () => plain('Secret', 'lived-in')],
  ['a ConfigMap', () => plain('ConfigMap', 'lived-in')],
  ['a Service', () => plain('Service', 'lived-in', { spec: { ports: [{ port: 80 }] } })],
  ['a ServiceAccount', () => plain('ServiceAccount', 'lived-in')],
  ['a signing request', signingRequest],
  [
    'a ClusterRole',
    () => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'needed' },
      rules: [],
    }),
  ],
];

/** Failing closed, with rules, while Pinstream is down or crashes at each start. */
export function describeOutage(commands: Commands): void {
  const { run, kubectl } = commands;
  const running = 'get deployments.apps,replicasets.apps -n lived-in -o name';
  const failed = (webhook: string): string => `failed calling webhook "${webhook}"`;
  const create = (object: Json): Promise<string> =>
    run('create --dry-run=server -f -', object).then(({ stderr }) => stderr);
  const mine = { namespace: 'lived-in', name: 'mine' };

  beforeAll(async () => {
    // Before the webhooks, as on a cluster that is in use.
    await kubectl('apply --server-side -k manifests/crd');
    await kubectl('wait --for=condition=Established --timeout=60s crd/imagestreams.image.openshift.io');
    await kubectl('create namespace lived-in');
    await kubectl('create -f -', deployment('lived-in'));
    for (const name of ['app', 'doomed']) {
      await kubectl('create -n lived-in -f -', stream([tag(dockerImage)], {}, { name }));
    }
    expect(await applyWith(commands, ['rules', 'fail-closed'])).toMatchObject({ code: 0 });
    for (const namespace of [...exempt, 'lived-in']) {
      await eventually(() => kubectl(`get serviceaccount default -n ${namespace}`), {
        describe: `the service account of ${namespace}`,
        ...inAWhile,
      });
    }
    for (const webhook of ['mutate.pinstream.dev', 'imagestreams.pinstream.dev']) {
      const object = webhook.startsWith('mutate')
        ? job('nowhere:1.0', mine)
        : stream([], {}, { ...mine, name: 'judged' });
      await eventually(async () => expect(await create(object)).toContain(failed(webhook)), {
        describe: `${webhook} is called`,
        ...inAWhile,
      });
    }
  }, 300_000);

  test.each(vital)('%s can be created', async (_title, object) => {
    expect(await create(object())).toBe('');
  });

  test.each(exempt)('in %s a Deployment becomes Pods, and can be changed', async (namespace) => {
    await kubectl('create -f -', deployment(namespace));
    await eventually(
      async () => expect(await kubectl(`get pods -n ${namespace} -l app=x -o name`)).toMatch(/^pod\/needed-/),
      { describe: 'its Pod', ...inAWhile },
    );
    await kubectl(`set image deployment/needed -n ${namespace} main=registry.example/needed:1.1`);
    await kubectl(`delete deployment needed -n ${namespace}`);
  });

  test.each(['webhook', 'controller'])('the Pods of the %s are made anew when they go', async (component) => {
    const pods = `pods -n pinstream-system -l app.kubernetes.io/component=${component}`;
    const names = (): Promise<string> => kubectl(`get ${pods} -o name`);
    const two = async (): Promise<string> => {
      const found = await names();
      expect(found).toMatch(/^(pod\S+\n){2}$/);
      return found;
    };
    const before = await eventually(two, { describe: 'two Pods', ...inAWhile });
    await kubectl(`delete ${pods} --grace-period=0 --force`);
    await eventually(
      async () => {
        const after = await two();
        for (const name of before.trim().split('\n')) expect(after).not.toContain(name);
      },
      { describe: 'two other Pods', ...inAWhile },
    );
  });

  test('elsewhere the refusal names the webhook, its Service and its namespace', async () => {
    expect(await create(job('nowhere:1.0', mine))).toMatch(
      /failed calling webhook "mutate\.pinstream\.dev".*pinstream-webhook\.pinstream-system\.svc.*no endpoints available/,
    );
  });

  test('what a cluster does with workloads that are there goes on: scale, status, labels, deletion', async () => {
    await kubectl('scale deployment needed -n lived-in --replicas=0');
    await kubectl('label deployment needed -n lived-in team=a');
    const status = { status: { conditions: [{ type: 'Available', status: 'True' }] } };
    await kubectl(
      `patch deployment needed -n lived-in --subresource=status --type=merge -p ${JSON.stringify(status)}`,
    );
    await kubectl('delete deployment needed -n lived-in');
    await eventually(async () => expect(await kubectl(running)).toBe(''), {
      describe: 'its ReplicaSet is collected',
      ...inAWhile,
    });
  });

  test('of streams, status, labels, finalizers and deletion go on; their spec does not', async () => {
    const patch = (change: Json, options = ''): Promise<string> =>
      run(`patch is app -n lived-in --type=merge${options} -p ${JSON.stringify(change)}`).then(
        ({ stderr }) => stderr,
      );
    expect(await patch({ status: { dockerImageRepository: 'x/y' } }, ' --subresource=status')).toBe('');
    expect(await patch({ metadata: { labels: { team: 'a' } } })).toBe('');
    expect(await patch({ metadata: { finalizers: ['example.com/kept'] } })).toBe('');
    expect(await patch({ metadata: { finalizers: null } })).toBe('');
    expect(await patch({ spec: { lookupPolicy: { local: true } } })).toContain(
      failed('imagestreams.pinstream.dev'),
    );
    await kubectl('delete is doomed -n lived-in --timeout=60s');
  });

  test('a namespace with streams and workloads in it can be deleted', async () => {
    await kubectl('delete namespace lived-in --wait=false');
    await eventually(async () => expect(await run('get namespace lived-in')).toMatchObject({ code: 1 }), {
      describe: 'the namespace is gone',
      ...inAWhile,
    });
  }, 180_000);

  describe('in an emergency', () => {
    test('one command brings workloads and streams back, and applying the manifests brings the webhooks back', async () => {
      const namespace = 'rescued';
      await kubectl(`create namespace ${namespace}`);
      const object = job('nowhere:1.0', { ...mine, namespace });
      const judged = stream([], {}, { ...mine, namespace });
      expect(await create(object)).toContain(failed('mutate.pinstream.dev'));
      expect(await documented('Remove it in an emergency')).toHaveLength(1);
      await typeDocumented(commands, 'Remove it in an emergency');
      await eventually(async () => expect([await create(object), await create(judged)]).toEqual(['', '']), {
        describe: 'workloads and streams',
        ...inAWhile,
      });
      expect(await applyWith(commands, ['rules', 'fail-closed'])).toMatchObject({ code: 0 });
      expect(await kubectl(`get ${configurations} pinstream -o name`)).toMatch(/^(\S+\/pinstream\n){2}$/);
    }, 180_000);
  });
}
