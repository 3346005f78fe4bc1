import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builtProgram } from '../support/built-program.ts';
import { closedStream, namespace, openStream, pinned } from '../support/objects.ts';
import { reviewOf, startServer, type TestServer } from '../support/server.ts';
import { startImageRegistry, type ImageRegistry } from '../webhook/fallback-fixture.ts';

let server: TestServer;
let program: string;
let registry: ImageRegistry;
beforeAll(async () => {
  program = await builtProgram();
  registry = await startImageRegistry({ 'nginx:1': 'a' });
  server = await startServer({
    objects: [
      openStream('shop', 'app', ['v1', 'v2']),
      closedStream('shop', 'closed', ['v1']),
      closedStream('all', 'app', ['v1']),
      namespace('all', { 'pinstream.dev/image-lookup': 'all' }),
      namespace('off', { 'pinstream.dev/image-lookup': 'disabled' }),
      {
        apiVersion: 'config.openshift.io/v1',
        kind: 'Image',
        metadata: { name: 'cluster' },
        spec: {
          registrySources: {
            blockedRegistries: ['evil.example'],
            containerRuntimeSearchRegistries: [registry.host],
            insecureRegistries: [registry.host],
          },
        },
      },
    ],
    config: { internalRegistryHostname: 'registry.internal:5000' },
  });
});
afterAll(async () => {
  await server.stop();
  await registry.stop();
});

/** Runs the program as users do; `stdin` is what it reads. */
async function run(args: readonly string[], stdin = '') {
  const flags = ['--objects', server.objectsFolder, '--config', server.configFile];
  const child = spawn(process.execPath, [program, ...args, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(stdin);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exited, out, err };
}

const pod = (image: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', ...more },
  spec: { containers: [{ name: 'c', image }] },
});
const list = (...items: object[]) => ({ apiVersion: 'v1', kind: 'List', items });

describe('resolve says what the server says of the same objects', () => {
  test.each<[string, object | string]>([
    ['an open stream', pod('app:v1')],
    ['a tag that there is not', pod('app:v9')],
    ['a closed stream', pod('closed:v1')],
    ['a namespace that opens all', pod('app:v1', { namespace: 'all' })],
    ['a namespace that leaves all alone', pod('app:v1', { namespace: 'off' })],
    ['an exempt namespace', pod('app:v1', { namespace: 'kube-system' })],
    ['an image that a registry has', pod('nginx:1')],
    ['an image that no registry has', pod('nginx:2')],
    ['a blocked registry', pod('evil.example/app:v1')],
    ['a pull spec of the internal registry', pod('registry.internal:5000/all/app:v1')],
    ['what is no image', pod('Foo')],
    ['wishes in annotations', pod('x.example/app:v1', { annotations: { 'pinstream.dev/skip': 'true' } })],
    [
      'a List',
      list(pod('app:v1'), pod('app:v2'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }),
    ],
    [
      'many documents',
      `${JSON.stringify(pod('app:v1'))}\n---\n# nothing\n---\n${JSON.stringify(pod('app:v2'))}\n`,
    ],
    [
      'an AdmissionReview of an update',
      reviewOf({
        uid: 'u',
        operation: 'UPDATE',
        resource: { group: '', version: 'v1', resource: 'pods' },
        kind: { group: '', version: 'v1', kind: 'Pod' },
        namespace: 'shop',
        name: 'x',
        object: pod('app:v1'),
        oldObject: pod('app:v1'),
      }),
    ],
  ])('%s', async (_what, body) => {
    const stdin = typeof body === 'string' ? body : JSON.stringify(body);
    const expected = await server.post('/dry-run?namespace=shop', stdin);
    expect(expected.code).toBe(200);
    const { out, code } = await run(['resolve', '-n', 'shop', '-f', '-', '-o', 'json'], stdin);
    const shown = JSON.parse(out) as { readonly allowed: boolean };
    expect(shown).toEqual(expected.json());
    expect(code).toBe(shown.allowed ? 0 : 1);
    const { out: table } = await run(['resolve', '-n', 'shop', '-f', '-', '-o', 'table'], stdin);
    const answer = await server.post('/dry-run?namespace=shop', stdin, { accept: 'text/plain' });
    expect(table).toBe(answer.text);
  });
});

describe('the program', () => {
  test('pins what it is piped, and ends with 0', async () => {
    const before = '# mine\nkind: Pod\napiVersion: v1\nspec: {containers: [{image: app:v1}]} # yes\n';
    expect(await run(['resolve', '-n', 'shop', '-f', '-'], before)).toEqual({
      code: 0,
      out: before.replace('app:v1', pinned('app', '1')),
      err: '',
    });
  });

  test('ends with 1 where --check finds something', async () => {
    const { code, out, err } = await run(
      ['resolve', '-n', 'shop', '-f', '-', '--check'],
      JSON.stringify(pod('closed:v1')),
    );
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('Pod x, container "c": "closed:v1" is not pinned: ');
  });

  test('explains', async () => {
    const { code, out } = await run(['explain', 'app:v1', '-n', 'shop']);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').at(-1)).toBe(`=> ${pinned('app', '1')} (ImageStreamTag)`);
  });
});
