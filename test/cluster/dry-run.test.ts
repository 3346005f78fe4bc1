import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { commandsOn } from './manifests/commands.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { tokenOf } from './story/credentials.ts';
import { applyExamples, exampleImage } from './story/examples.ts';
import { ask, type Answer } from './story/https.ts';
import { describeOnCluster } from './suite.ts';

const keycloak20 = exampleImage('keycloak', '20.0');

const pod = (namespace?: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...(namespace === undefined ? {} : { namespace }) },
  spec: { containers: [{ name: 'main', image: 'keycloak:20.0' }] },
});
const list = (...items: object[]): object => ({ apiVersion: 'v1', kind: 'List', items });
const review = (object: object, namespace: string): object => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'a',
    operation: 'CREATE',
    resource: { group: '', version: 'v1', resource: 'pods' },
    kind: { group: '', version: 'v1', kind: 'Pod' },
    namespace,
    object,
  },
});

describeOnCluster('the dry run on a cluster', (cluster) => {
  let pinstream: Pinstream;
  let viewer: string;
  const { kubectl } = commandsOn(cluster);

  /** @param token of the caller; none when it is empty */
  const dryRun = (token: string, body: object, namespace = 'myproject', accept = '*/*'): Promise<Answer> =>
    ask(`${pinstream.url}/dry-run?namespace=${namespace}`, {
      ca: pinstream.caCertificate,
      headers: { accept, ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
  const said = ({ code, body }: Answer): object => ({
    code,
    message: (JSON.parse(body) as { readonly message?: unknown }).message,
  });
  const account = async (name: string): Promise<string> => {
    await kubectl(`create serviceaccount ${name} -n myproject`);
    return tokenOf(cluster(), 'myproject', name);
  };

  beforeAll(async () => {
    pinstream = await startPinstream(cluster());
    await applyExamples(cluster());
    viewer = await account('viewer');
    await kubectl(
      'create rolebinding viewer --clusterrole=view --serviceaccount=myproject:viewer -n myproject',
    );
    await eventually(
      async () => {
        const { body } = await dryRun(viewer, pod());
        expect(JSON.parse(body)).toMatchObject({ objects: [{ images: [{ to: keycloak20 }] }] });
      },
      { describe: 'roles and streams are in force', timeoutMs: 30_000 },
    );
  });

  test('without a token: 401, and how to give one', async () => {
    expect(said(await dryRun('', pod()))).toEqual({
      code: 401,
      message: expect.stringMatching(/needs a bearer token of the cluster: .*kubectl create token/),
    });
  });

  test.each(['guessed', 'a.b.c'])('with the token "%s", which nobody has: 401', async (token) => {
    expect(said(await dryRun(token, pod()))).toEqual({
      code: 401,
      message: 'the bearer token is not one of this cluster, or has expired',
    });
  });

  test('with a token that is changed by one character: 401', async () => {
    const middle = viewer.length >> 1;
    const other = viewer[middle] === 'A' ? 'B' : 'A';
    const forged = viewer.slice(0, middle) + other + viewer.slice(middle + 1);
    expect((await dryRun(forged, pod())).code).toBe(401);
  });

  test('with a token that is for somebody else than the API server: 401', async () => {
    const token = (await kubectl('create token viewer -n myproject --audience=vault')).trim();
    expect((await dryRun(token, pod())).code).toBe(401);
  });

  test('with the token of an account that is gone: 401', async () => {
    const token = await account('gone');
    await kubectl('delete serviceaccount gone -n myproject');
    await eventually(async () => expect((await dryRun(token, pod())).code).toBe(401), {
      describe: 'the token ends with its account',
      timeoutMs: 20_000,
    });
  });

  test('by an account without rights: 403 that names the account, the resource and the namespace', async () => {
    expect(said(await dryRun(await account('stranger'), pod()))).toEqual({
      code: 403,
      message: expect.stringContaining(
        'user "system:serviceaccount:myproject:stranger" may not get imagestreams.image.openshift.io in namespace "myproject"',
      ),
    });
  });

  test('by an account with the role view: 200, in every format', async () => {
    const json = await dryRun(viewer, pod());
    expect(json.code).toBe(200);
    expect(JSON.parse(json.body)).toMatchObject({
      kind: 'DryRunResult',
      allowed: true,
      objects: [{ kind: 'Pod', namespace: 'myproject', images: [{ from: 'keycloak:20.0', to: keycloak20 }] }],
    });
    const table = await dryRun(viewer, pod(), 'myproject', 'text/plain');
    expect(table.body).toContain('Pod p in myproject: allowed, 1 of 1 image rewritten');
    const yaml = await dryRun(viewer, pod(), 'myproject', 'application/yaml');
    expect(yaml.body).toContain(`image: ${keycloak20}`);
  });

  test.each([
    ['the namespace of the query', pod(), 'openshift', 'openshift'],
    ['the namespace of the object, whatever the query says', pod('openshift'), 'myproject', 'openshift'],
    ['each object of a List', list(pod(), pod('openshift')), 'myproject', 'openshift'],
    ['the namespace of a review', review(pod(), 'openshift'), 'myproject', 'openshift'],
    ['a namespace that does not exist', pod('nowhere'), 'myproject', 'nowhere'],
    ['an object that has no namespace by nature', { apiVersion: 'v1', kind: 'Namespace' }, '', 'default'],
  ])('access is checked for %s', async (_title, body, namespace, refused) => {
    expect(said(await dryRun(viewer, body, namespace))).toEqual({
      code: 403,
      message: expect.stringContaining(
        `may not get imagestreams.image.openshift.io in namespace "${refused}"`,
      ),
    });
  });

  test('an object of another namespace than the query names is decided in its own', async () => {
    const { code, body } = await dryRun(viewer, list(pod('myproject'), pod('myproject')), 'openshift');
    expect(code).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      objects: [
        { namespace: 'myproject', images: [{ to: keycloak20 }] },
        { namespace: 'myproject', images: [{ to: keycloak20 }] },
      ],
    });
  });

  test('nothing is stored by it, and no token is logged', async () => {
    expect(await kubectl('get pods -n myproject -o name')).toBe('');
    const log = await readFile(pinstream.logPath, 'utf8');
    expect(log).not.toContain(viewer.slice(0, 30));
    expect(log).not.toContain('guessed');
  });
});
