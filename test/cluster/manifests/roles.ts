import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import type { KubectlResult } from '../kubectl.ts';
import { applyManifests, inAWhile, type Commands } from './commands.ts';
import { digest, pinned } from './objects.ts';

const webhook = 'system:serviceaccount:pinstream-system:pinstream-webhook';

const ofTheWebhook: readonly (readonly [string, string])[] = [
  ['watch imagestreams.image.openshift.io -A', 'yes'],
  ['list images.image.openshift.io', 'yes'],
  ['watch namespaces', 'yes'],
  ['create tokenreviews.authentication.k8s.io', 'yes'],
  ['create subjectaccessreviews.authorization.k8s.io', 'yes'],
  ['create secrets -n pinstream-system', 'yes'],
  ['update secrets/pinstream-webhook-tls -n pinstream-system', 'yes'],
  ['watch secrets/pinstream-webhook-tls -n pinstream-system', 'yes'],
  ['watch mutatingwebhookconfigurations/pinstream', 'yes'],
  ['watch validatingwebhookconfigurations/pinstream', 'yes'],
  ['watch mutatingwebhookconfigurations/other', 'no'],
  ['patch mutatingwebhookconfigurations/pinstream', 'yes'],
  ['patch validatingwebhookconfigurations/pinstream', 'yes'],
  ['get secrets/other -n pinstream-system', 'no'],
  ['list secrets -n pinstream-system', 'no'],
  ['get secrets -n myproject', 'no'],
  ['create secrets -n myproject', 'no'],
  ['patch mutatingwebhookconfigurations/other', 'no'],
  ['update imagestreams.image.openshift.io -n myproject', 'no'],
  ['update imagestreams.image.openshift.io --subresource=status -n myproject', 'no'],
  ['list pods -A', 'no'],
];

const controller = 'system:serviceaccount:pinstream-system:pinstream-controller';

const ofTheImporter: readonly (readonly [string, string])[] = [
  ['watch imagestreams.image.openshift.io -A', 'yes'],
  ['get imagestreams.image.openshift.io -n myproject', 'yes'],
  ['update imagestreams.image.openshift.io --subresource=status -n myproject', 'yes'],
  ['create images.image.openshift.io', 'yes'],
  ['delete images.image.openshift.io', 'yes'],
  ['create events -n myproject', 'yes'],
  ['patch events -n myproject', 'yes'],
  ['create subjectaccessreviews.authorization.k8s.io', 'yes'],
  ['create leases.coordination.k8s.io -n pinstream-system', 'yes'],
  ['update leases.coordination.k8s.io/pinstream-controller -n pinstream-system', 'yes'],
  ['list secrets -n myproject', 'yes'],
  ['get serviceaccounts/default -n myproject', 'yes'],
  ['update imagestreams.image.openshift.io -n myproject', 'no'],
  ['patch imagestreams.image.openshift.io -n myproject', 'no'],
  ['patch imagestreams.image.openshift.io --subresource=status -n myproject', 'no'],
  ['update images.image.openshift.io', 'no'],
  ['delete imagestreams.image.openshift.io -n myproject', 'no'],
  ['watch secrets -n myproject', 'no'],
  ['create secrets -n pinstream-system', 'no'],
  ['update secrets/pinstream-webhook-tls -n pinstream-system', 'no'],
  ['list serviceaccounts -n myproject', 'no'],
  ['list events -n myproject', 'no'],
  ['update leases.coordination.k8s.io/other -n pinstream-system', 'no'],
  ['delete leases.coordination.k8s.io/pinstream-controller -n pinstream-system', 'no'],
  ['create leases.coordination.k8s.io -n kube-system', 'no'],
  ['patch mutatingwebhookconfigurations/pinstream', 'no'],
  ['watch deployments.apps -A', 'yes'],
  ['patch deployments.apps -n myproject', 'yes'],
  ['patch statefulsets.apps -n myproject', 'yes'],
  ['patch daemonsets.apps -n myproject', 'yes'],
  ['patch cronjobs.batch -n myproject', 'yes'],
  ['patch replicationcontrollers -n myproject', 'yes'],
  ['list pods -A', 'yes'],
  ['patch pods -n myproject', 'yes'],
  ['watch jobs.batch -A', 'yes'],
  ['patch jobs.batch -n myproject', 'no'],
  ['update deployments.apps -n myproject', 'no'],
  ['create pods -n myproject', 'no'],
  ['delete pods -n myproject', 'no'],
  ['list replicasets.apps -A', 'no'],
];

/** With the component that lets it read pull secrets. */
const ofTheWebhookWithPullSecrets: readonly (readonly [string, string])[] = [
  ['get secrets/regcred -n myproject', 'yes'],
  ['get serviceaccounts/default -n myproject', 'yes'],
  ['list secrets -n myproject', 'no'],
  ['watch secrets -A', 'no'],
  ['list serviceaccounts -n myproject', 'no'],
  ['update secrets/regcred -n myproject', 'no'],
];

/** Of `config.openshift.io`, which is not served here: `kubectl auth can-i` would ask about another group. */
const ofBothOnOpenShift: readonly (readonly [string, string, boolean])[] = [
  ['watch', 'images', true],
  ['list', 'imagedigestmirrorsets', true],
  ['watch', 'imagetagmirrorsets', true],
  ['update', 'images', false],
  ['list', 'clusterversions', false],
];

const ofPeople: readonly (readonly [string, string, string])[] = [
  ['edit', 'patch imagestreams.image.openshift.io', 'yes'],
  ['edit', 'delete imagestreams.image.openshift.io', 'yes'],
  ['edit', 'get imagestreams.image.openshift.io --subresource=layers', 'yes'],
  ['edit', 'update imagestreams.image.openshift.io --subresource=status', 'no'],
  ['admin', 'update imagestreams.image.openshift.io --subresource=layers', 'yes'],
  ['view', 'patch imagestreams.image.openshift.io', 'no'],
  ['system:image-puller', 'get imagestreams.image.openshift.io --subresource=layers', 'yes'],
  ['system:image-puller', 'get imagestreams.image.openshift.io', 'no'],
];

/** What the webhook, the importer and people may do, as the API server sees it. */
export function describeRoles(commands: Commands): void {
  const { cluster, run, kubectl } = commands;

  test.each(ofTheWebhook)('the webhook may %s: %s', async (question, answer) => {
    expect((await run(`auth can-i ${question} --as=${webhook}`)).stdout.trim()).toBe(answer);
  });

  test.each(ofTheImporter)('the importer may %s: %s', async (question, answer) => {
    expect((await run(`auth can-i ${question} --as=${controller}`)).stdout.trim()).toBe(answer);
  });

  test.each(ofBothOnOpenShift)(
    'on OpenShift both may %s %s of config: %s',
    async (verb, resource, allowed) => {
      const ask = (user: string): Promise<string> =>
        kubectl('create -o jsonpath={.status.allowed} -f -', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { user, resourceAttributes: { group: 'config.openshift.io', version: 'v1', resource, verb } },
        });
      // What is denied is left out of the answer, or false.
      expect([await ask(webhook), await ask(controller)].map((answer) => answer === 'true')).toEqual([
        allowed,
        allowed,
      ]);
    },
  );

  test('the importer reads Secrets where it is bound, once the binding for all namespaces is gone', async () => {
    const ask = async (namespace: string): Promise<string> =>
      (await run(`auth can-i list secrets -n ${namespace} --as=${controller}`)).stdout.trim();
    await kubectl('delete clusterrolebinding pinstream-pull-secrets');
    await kubectl(
      'create rolebinding pinstream-pull-secrets -n myproject --clusterrole=pinstream-pull-secrets ' +
        '--serviceaccount=pinstream-system:pinstream-controller',
    );
    await eventually(
      async () => expect([await ask('myproject'), await ask('openshift')]).toEqual(['yes', 'no']),
      { describe: 'Secrets of one namespace only', ...inAWhile },
    );
    await applyManifests(commands);
  });

  test('the webhook reads the pull secrets of Pods once the component for it is applied', async () => {
    const component = 'pinstream-webhook-pull-secrets';
    const setting =
      'get deployment pinstream-webhook -n pinstream-system -o jsonpath={.spec.template.spec.containers[0].env[*].name}';
    const folder = await mkdtemp(join(tmpdir(), 'pinstream-component-'));
    try {
      // Kustomize takes no absolute paths.
      const manifests = join(relative(folder, process.cwd()), 'manifests');
      const kustomization = {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: [join(manifests, 'crd'), join(manifests, 'roles'), join(manifests, 'base')],
        components: [join(manifests, 'components', 'pull-secrets')],
      };
      await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
      await kubectl(`apply --server-side -k ${folder}`);
      await kubectl('delete validatingwebhookconfiguration pinstream');
    } finally {
      await rm(folder, { recursive: true });
    }
    const answers = async (): Promise<unknown> =>
      Promise.all(
        ofTheWebhookWithPullSecrets.map(async ([question]) => [
          question,
          (await run(`auth can-i ${question} --as=${webhook}`)).stdout.trim(),
        ]),
      );
    await eventually(async () => expect(await answers()).toEqual(ofTheWebhookWithPullSecrets), {
      describe: 'Secrets by name',
      ...inAWhile,
    });
    expect((await kubectl(setting)).split(' ')).toContain('PINSTREAM_POD_PULL_SECRETS');

    await kubectl(`delete clusterrole,clusterrolebinding ${component}`);
    await applyManifests(commands);
    expect(await kubectl(setting)).toBe('DOCKER_CONFIG');
  });

  test.each(ofPeople)('who has role %s in a namespace may %s: %s', async (role, question, answer) => {
    const user = `one-with-${role.replaceAll(':', '-')}`;
    // Several rows have the same role; the binding is there from the second one on.
    await run(`create rolebinding ${user} --clusterrole=${role} --user=${user} -n myproject`);
    await eventually(
      async () => {
        const { stdout } = await run(`auth can-i ${question} -n myproject --as=${user}`);
        expect(stdout.trim()).toBe(answer);
      },
      { describe: `role ${role}`, ...inAWhile },
    );
  });

  describe('who may view a namespace', () => {
    test('reads its streams, and an Image by its digest, but cannot list Images', async () => {
      const name = digest.replace(':', '-');
      const image = { apiVersion: 'image.openshift.io/v1', kind: 'Image', metadata: { name } };
      await kubectl('create -f -', { ...image, dockerImageReference: pinned });
      await kubectl('create rolebinding viewer --clusterrole=view --user=vera -n myproject');
      const env = { KUBECONFIG: await cluster().kubeconfigFor({ user: 'vera' }) };
      const asVera = (line: string): Promise<KubectlResult> => cluster().kubectl(line.split(' '), { env });

      await eventually(async () => expect((await asVera('get is -n myproject')).stderr).toBe(''), {
        describe: 'the role of a viewer takes effect',
        ...inAWhile,
      });
      expect((await asVera(`get image ${name} -o name`)).stdout).toBe(`image.image.openshift.io/${name}\n`);
      expect((await asVera('get images')).stderr).toContain('cannot list resource "images"');
      expect((await asVera('get is -n openshift')).stderr).toContain('cannot list resource "imagestreams"');
      expect((await asVera('delete is keycloak -n myproject')).stderr).toContain('cannot delete resource');
    });
  });
}
