import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectToCluster, type Connection } from '../../src/kube/connect.ts';
import { createAuthority, issue, type KeyPair } from '../cluster/certificates.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const environment = { HOME: process.env.HOME, KUBECONFIG: process.env.KUBECONFIG };

let authority: KeyPair;
let server: Server;
let url: string;
let dir: string;
let connections: Connection[];

/** Answers who the caller is: certificate, authorization, user agent. */
beforeAll(async () => {
  authority = await createAuthority('test');
  const { certificate, key } = await issue(authority, { kind: 'server', name: 'api', hosts: ['127.0.0.1'] });
  const tls = {
    cert: certificate,
    key,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const names = new WeakMap<Socket, unknown>();
  server = createServer(tls, (request, response) => {
    const CN = names.get(request.socket);
    const {
      authorization,
      'user-agent': agent,
      'impersonate-user': user,
      'impersonate-group': groups,
    } = request.headers;
    const version = request.httpVersion;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ CN, authorization, agent, version, user, groups, path: request.url }));
  });
  server.on('secureConnection', (socket) => {
    // A client without a certificate has no subject, whatever the types say.
    const { CN } = { ...socket.getPeerCertificate().subject };
    names.set(socket, CN);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pinstream-connect-'));
  process.env.HOME = dir;
  delete process.env.KUBECONFIG;
  connections = [];
});

afterEach(async () => {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  await Promise.all(connections.map((connection) => connection.close()));
  await rm(dir, { recursive: true });
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function kubeconfig(user: object, cluster: object = {}): Promise<string> {
  const file = join(dir, 'kubeconfig');
  const ca = base64(authority.certificate);
  const config = {
    clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority-data': ca, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

async function connect(options: Parameters<typeof connectToCluster>[0]): Promise<Connection> {
  const connection = await connectToCluster(options);
  connections.push(connection);
  return connection;
}

const client = (user: string): Promise<KeyPair> => issue(authority, { kind: 'client', user, groups: [] });

describe('credentials', () => {
  test('a bearer token, our own user agent, HTTP/1.1', async () => {
    const connection = await connect({ kubeconfig: await kubeconfig({ token: 'sesame' }), version: '1.2.3' });
    expect(connection.server).toBe(url);
    await expect(connection.client.get('/version')).resolves.toEqual({
      authorization: 'Bearer sesame',
      agent: 'pinstream/1.2.3',
      version: '1.1',
      path: '/version',
    });
  });

  test('user name and password', async () => {
    const { client } = await connect({ kubeconfig: await kubeconfig({ username: 'jane', password: 'p' }) });
    await expect(client.get('/')).resolves.toMatchObject({ authorization: `Basic ${base64('jane:p')}` });
  });

  test('a client certificate', async () => {
    const { certificate, key } = await client('jane');
    const user = { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) };
    const connection = await connect({ kubeconfig: await kubeconfig(user) });
    await expect(connection.client.get('/')).resolves.toMatchObject({ CN: 'jane' });
  });

  test('a client certificate in files, also after they changed', async () => {
    const put = async (user: string): Promise<void> => {
      const { certificate, key } = await client(user);
      await Promise.all([writeFile(join(dir, 'c.pem'), certificate), writeFile(join(dir, 'k.pem'), key)]);
    };
    await put('jane');
    const user = { 'client-certificate': 'c.pem', 'client-key': 'k.pem' };
    const connection = await connect({ kubeconfig: await kubeconfig(user) });
    await expect(connection.client.get('/')).resolves.toMatchObject({ CN: 'jane' });
    await put('joan');
    await expect(connection.client.get('/')).resolves.toMatchObject({ CN: 'joan' });
  });

  test('a token file, as a pod has it, read again when it rotated', async () => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout', 'setInterval'],
    });
    try {
      const tokenFile = join(dir, 'token');
      await writeFile(tokenFile, 'first\n');
      const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
      const { client } = await connect({ kubeconfig: await kubeconfig(user) });
      await expect(client.get('/')).resolves.toMatchObject({ authorization: 'Bearer first' });
      await writeFile(tokenFile, 'second\n');
      jest.setSystemTime(Date.now() + 61_000);
      await expect(client.get('/')).resolves.toMatchObject({ authorization: 'Bearer second' });
    } finally {
      jest.useRealTimers();
    }
  });

  test('an exec plugin', async () => {
    const credential = { kind: 'ExecCredential', status: { token: 'from-plugin' } };
    const args = ['-e', `console.log(${JSON.stringify(JSON.stringify(credential))})`];
    const { client } = await connect({
      kubeconfig: await kubeconfig({ exec: { command: process.execPath, args } }),
    });
    await expect(client.get('/')).resolves.toMatchObject({ authorization: 'Bearer from-plugin' });
  });

  test.each([
    [
      'an exec plugin that fails',
      { exec: { command: process.execPath, args: ['-e', 'console.error("log in first"); process.exit(1)'] } },
      'credentials: log in first',
    ],
    [
      'a token file that is missing',
      { 'auth-provider': { name: 'f', config: { tokenFile: 'gone' } } },
      'ENOENT',
    ],
  ])('%s fails the request with the reason', async (_what, user, reason) => {
    const { client } = await connect({ kubeconfig: await kubeconfig(user) });
    await expect(client.get('/version')).rejects.toThrow(`GET ${url}/version: credentials: `);
    await expect(client.get('/version')).rejects.toThrow(reason);
  });

  test('a server of another authority is refused', async () => {
    const other = await createAuthority('other');
    const cluster = { 'certificate-authority-data': base64(other.certificate) };
    const { client } = await connect({ kubeconfig: await kubeconfig({ token: 'sesame' }, cluster) });
    await expect(client.get('/')).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringMatching(/certificate/),
    });
  });
});

describe('acting as somebody else', () => {
  test.each<[string, readonly string[], string | undefined]>([
    ['a user', [], undefined],
    ['a member of groups', ['a', 'b'], 'a, b'],
  ])('%s', async (_what, groups, sent) => {
    const file = await kubeconfig({ token: 'sesame' });
    const { client: api } = await connect({ kubeconfig: file, impersonate: { user: 'anna', groups } });
    await expect(api.get('/x')).resolves.toMatchObject({
      authorization: 'Bearer sesame',
      user: 'anna',
      ...(sent !== undefined && { groups: sent }),
    });
  });

  test('is not the rule', async () => {
    const { client: api } = await connect({ kubeconfig: await kubeconfig({ token: 'sesame' }) });
    expect(await api.get('/x')).not.toHaveProperty('user');
  });
});

describe('contexts', () => {
  async function withTwo(): Promise<string> {
    const file = await kubeconfig({ token: 'sesame' });
    const config = JSON.parse(await readFile(file, 'utf8')) as { users: object[]; contexts: object[] };
    config.users.push({ name: 'v', user: { token: 'other' } });
    config.contexts.push({ name: 'y', context: { cluster: 'c', user: 'v', namespace: 'shop' } });
    await writeFile(file, JSON.stringify(config));
    return file;
  }

  test.each([
    [undefined, 'Bearer sesame', undefined],
    ['x', 'Bearer sesame', undefined],
    ['y', 'Bearer other', 'shop'],
  ])('%s', async (context, authorization, namespace) => {
    const options = { kubeconfig: await withTwo(), ...(context !== undefined && { context }) };
    const connection = await connect(options);
    expect(connection.namespace).toBe(namespace);
    await expect(connection.client.get('/x')).resolves.toMatchObject({ authorization });
  });

  test('one that there is not names those that there are', async () => {
    await expect(connect({ kubeconfig: await withTwo(), context: 'z' })).rejects.toThrow(
      'context "z" does not exist; the kubeconfig has: x, y',
    );
  });
});

describe('finding the configuration', () => {
  test('KUBECONFIG is used without --kubeconfig', async () => {
    process.env.KUBECONFIG = await kubeconfig({ token: 'sesame' });
    await expect(connect({})).resolves.toMatchObject({ server: url });
  });

  const wayOut = 'give --kubeconfig FILE, set KUBECONFIG, or serve a directory with --objects DIR';
  const cluster = (text: string): string => `clusters: [{name: c, cluster: {${text}}}]
contexts: [{name: x, context: {cluster: c}}]
current-context: x`;

  test('none at all says the ways out', async () => {
    await expect(connect({})).rejects.toThrow(`no cluster is configured and this is not a pod; ${wayOut}`);
  });

  test('a file that is not there', async () => {
    await expect(connect({ kubeconfig: join(dir, 'gone') })).rejects.toThrow(
      /cannot read the kubeconfig .*gone: ENOENT/,
    );
  });

  test.each([
    ['that is empty', '', 'not YAML'],
    ['that holds nothing', 'null', 'not a kubeconfig'],
    ['that is not YAML, without quoting it', 'users:\n- {token: sesame', 'not YAML, line'],
    ['without a context', 'clusters: []', `no cluster for its current-context (none); ${wayOut}`],
    ['with an unknown context', 'current-context: prod', 'no cluster for its current-context prod'],
    ['with plain HTTP', cluster('server: "http://api.example"'), 'would send credentials in the clear'],
    [
      'with credentials in the URL',
      cluster('server: "https://a:sesame@api.example"'),
      'credentials belong in users',
    ],
    ['with a server that is no URL', cluster('server: api.example'), 'its server is not a URL'],
  ])('a file %s', async (_what, text, message) => {
    const kubeconfig = join(dir, 'config');
    await writeFile(kubeconfig, text);
    const error: unknown = await connect({ kubeconfig }).catch((reason: unknown) => reason);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('sesame');
  });

  test('plain HTTP to a proxy on this machine, when the file says so', async () => {
    const kubeconfig = join(dir, 'config');
    await writeFile(kubeconfig, cluster('server: "http://127.0.0.1:8001", insecure-skip-tls-verify: true'));
    await expect(connect({ kubeconfig })).resolves.toMatchObject({ server: 'http://127.0.0.1:8001' });
  });
});
