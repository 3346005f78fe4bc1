import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { issueAuthority, issueServing } from '../../src/certs/issue.ts';
import {
  manifestType,
  serveTiny,
  startStubRegistry,
  type StubAnswer,
  type StubRegistry,
} from '../registry/stub-registry.ts';
import { sendJson, startStubApiServer, type StubApiServer } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { ask } from '../cluster/story/https.ts';
import { freePorts } from '../cluster/loopback.ts';
import { startProgram, type RunningProgram } from './running-program.ts';

/** Planted where real ones would be; none of it may come out anywhere, in any form that reads back. */
const planted = {
  'the password of a pull secret': 'plAnted-pull-passw0rd/+=',
  'the password of the server’s own configuration': 'plAnted-server-passw0rd',
  'an identity token': 'plAnted-identity-t0ken',
  'what a token service gives': 'plAnted.registry.t0ken',
  'the token of a dry run': 'plAnted-dry-run-t0ken',
  'the token of the kubeconfig': 'plAnted-kubeconfig-t0ken',
  'the signature of a redirect': 'plAnted-signature',
} as const;

const forms = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(`jane:${secret}`).toString('base64').replace(/=+$/, ''),
];

const found = (text: string): readonly string[] => [
  ...Object.entries(planted).flatMap(([name, secret]) =>
    forms(secret).some((form) => text.includes(form)) ? [name] : [],
  ),
  ...(/BEGIN (?:EC |RSA )?PRIVATE KEY/.test(text) ? ['a private key'] : []),
];

/** Says back everything that it is told, as an error of the protocol. */
const echo = (status: number): StubAnswer => {
  return ({ headers, target, body }, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="x"' });
    const message = `you sent ${headers.authorization ?? 'nothing'} ${decoded(headers.authorization)} ${target} ${body}`;
    response.end(JSON.stringify({ errors: [{ code: 'DENIED', message }] }));
  };
};
const decoded = (authorization = ''): string =>
  Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();

/** What the registry does for each repository; `token/*` at its token service. */
const ways: Readonly<Record<string, (registry: StubRegistry) => StubAnswer>> = {
  works: () => (request, response) => {
    if (request.headers.authorization === undefined) {
      echo(401)(request, response);
      return;
    }
    serveTiny({ ...request, path: request.path.replace('/works/', '/app/') }, response);
  },
  refused: () => echo(401),
  denied: () => echo(403),
  broken: () => echo(500),
  limited: () => echo(429),
  token:
    ({ url }) =>
    (request, response) => {
      if (request.headers.authorization?.startsWith('Bearer ') === true) {
        echo(403)(request, response);
        return;
      }
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${url}/token/good",service="x"` }).end();
    },
  tokenless:
    ({ url }) =>
    (_request, response) =>
      void response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${url}/token/bad",service="x"` })
        .end(),
  identity:
    ({ url }) =>
    (_request, response) =>
      void response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${url}/token/bad",service="x"` })
        .end(),
  moved:
    ({ url }) =>
    (_request, response) =>
      void response
        .writeHead(307, {
          location: `${url.replace('//', `//u:${planted['the signature of a redirect']}@`)}/x`,
        })
        .end(),
  signed: () => (_request, response) => {
    const location = `ftp://storage.example/x?sig=${planted['the signature of a redirect']}`;
    response.writeHead(307, { location }).end();
  },
  page: () => (request, response) => {
    const text = `<html>${JSON.stringify(request.headers)} ${decoded(request.headers.authorization)}</html>`;
    response.writeHead(request.headers.authorization === undefined ? 401 : 200, {
      'content-type': 'text/html',
      'www-authenticate': 'Basic realm="x"',
    });
    response.end(text);
  },
  artifact: () => (request, response) => {
    if (request.headers.authorization === undefined) {
      echo(401)(request, response);
      return;
    }
    const mediaType = decoded(request.headers.authorization);
    response.writeHead(200, { 'content-type': manifestType });
    response.end(JSON.stringify({ schemaVersion: 2, mediaType }));
  },
};

const answerOf =
  (registry: StubRegistry): StubAnswer =>
  (request, response) => {
    if (request.path === '/token/good') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ token: planted['what a token service gives'] }));
      return;
    }
    if (request.path.startsWith('/token/')) {
      echo(401)(request, response);
      return;
    }
    const [, repository = ''] = /^\/v2\/(?:own|team)\/([a-z]+)\//.exec(request.path) ?? [];
    (ways[repository]?.(registry) ?? echo(404))(request, response);
  };

const login = (password: string) => ({ auth: Buffer.from(`jane:${password}`).toString('base64') });

let folder: string;
let registry: StubRegistry;
let api: StubApiServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinstream-secrets-'));
  registry = await startStubRegistry();
  registry.answer(answerOf(registry));
  api = await startStubApiServer();
});
afterAll(async () => {
  await Promise.all([registry.stop(), api.stop()]);
  await rm(folder, { recursive: true, force: true });
});

/** Files with a serving pair, so that a private key is at hand. */
async function servingPair(): Promise<readonly string[]> {
  const now = new Date();
  const authority = await issueAuthority({ commonName: 'test', now });
  const pair = await issueServing({ authority, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], now });
  await writeFile(join(folder, 'ca.crt'), authority.cert);
  await writeFile(join(folder, 'tls.crt'), pair.cert);
  await writeFile(join(folder, 'tls.key'), pair.key);
  return [`--tls-cert-file=${join(folder, 'tls.crt')}`, `--tls-private-key-file=${join(folder, 'tls.key')}`];
}

async function started(
  args: readonly string[],
  environment = {},
): Promise<RunningProgram & { https: string; metrics: string }> {
  const ports = await freePorts(['https', 'metrics']);
  const addresses = ['--host=127.0.0.1', `--port=${ports.https}`, `--metrics-port=${ports.metrics}`];
  const program = await startProgram(
    [...args, ...addresses, '--log-level=debug', ...(await servingPair())],
    environment,
  );
  const metrics = `http://127.0.0.1:${ports.metrics}`;
  await eventually(() => ask(`${metrics}/healthz`), { describe: 'it answers', timeoutMs: 60_000 }).catch(
    async (error: unknown) => {
      await program.stop();
      throw new Error(`${String(error)}: ${program.output().slice(-2000)}`);
    },
  );
  return { ...program, https: `https://127.0.0.1:${ports.https}`, metrics };
}

test('imports, the fallback and dry runs, in success and failure: no secret in logs, metrics, status or answers', async () => {
  const objects = join(folder, 'objects');
  await mkdir(objects);
  const own = join(folder, 'config.json');
  const [pull, server, identity] = [
    planted['the password of a pull secret'],
    planted['the password of the server’s own configuration'],
    planted['an identity token'],
  ];
  await writeFile(
    own,
    JSON.stringify({
      auths: {
        [`${registry.host}/own`]: login(server),
        [`${registry.host}/team/identity`]: { identitytoken: identity },
        'broken.example': { auth: server },
      },
    }),
  );
  const dockerconfigjson = JSON.stringify({ auths: { [`${registry.host}/team`]: login(pull) } });
  const items = [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/dockerconfigjson',
      metadata: { name: 'team', namespace: 'shop' },
      stringData: { '.dockerconfigjson': dockerconfigjson },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/dockerconfigjson',
      metadata: { name: 'broken', namespace: 'shop' },
      stringData: { '.dockerconfigjson': `{${pull}` },
    },
    ...['team', 'own'].map((place) => ({
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name: place, namespace: 'shop' },
      spec: {
        tags: Object.keys(ways).map((way) => ({
          name: way,
          from: { kind: 'DockerImage', name: `${registry.host}/${place}/${way}:1` },
          importPolicy: { insecure: true },
        })),
      },
    })),
  ];
  await writeFile(
    join(objects, 'objects.json'),
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2),
  );
  const config = join(folder, 'config.yaml');
  const search = [`${registry.host}/own`, `${registry.host}/team`];
  await writeFile(
    config,
    JSON.stringify({
      import: { perRegistryPerMinute: 0 },
      registrySources: { containerRuntimeSearchRegistries: search, insecureRegistries: [registry.host] },
    }),
  );
  const program = await started(
    ['serve', `--objects=${objects}`, `--config=${config}`, `--registry-config=${own}`, '--import'],
    { HOME: folder },
  );
  try {
    const token = planted['the token of a dry run'];
    const answers: string[] = [];
    for (const way of Object.keys(ways)) {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'c', image: `${way}:1` }], imagePullSecrets: [{ name: 'team' }] },
      };
      for (const headers of [
        { authorization: `Bearer ${token}` },
        { authorization: `Basic ${btoa(`jane:${token}`)}` },
      ]) {
        const url = `${program.https}/dry-run?namespace=lost`;
        const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
        const { body } = await ask(url, {
          ca,
          headers: { accept: 'text/plain', ...headers },
          body: JSON.stringify(pod),
        });
        answers.push(body);
      }
    }
    // Every tag of both streams has come to an end.
    await eventually(
      async () => {
        const report = JSON.parse((await ask(`${program.metrics}/imports`)).body) as object;
        answers.push(JSON.stringify(report));
        const status = await readFile(join(objects, 'objects.json'), 'utf8');
        expect(
          status.split('"ImportSuccess"').length - 1 + status.split('"dockerImageReference"').length - 1,
        ).toBeGreaterThanOrEqual(2 * Object.keys(ways).length);
      },
      { describe: 'everything was tried', timeoutMs: 120_000 },
    );
    const shown = registry.requests
      .map(({ headers, body }) => `${headers.authorization ?? ''} ${body}`)
      .join('\n');
    // They were in use: else nothing would be shown by their absence.
    for (const secret of [
      `Basic ${btoa(`jane:${pull}`)}`,
      `Basic ${btoa(`jane:${server}`)}`,
      `refresh_token=${identity}`,
      `Bearer ${planted['what a token service gives']}`,
    ])
      expect(shown).toContain(secret);
    expect(found(program.output())).toEqual([]);
    expect(found((await ask(`${program.metrics}/metrics`)).body)).toEqual([]);
    expect(found(answers.join('\n'))).toEqual([]);
    for (const name of await readdir(objects, { recursive: true })) {
      if (!name.endsWith('.json') && !name.endsWith('.yaml')) continue;
      const text = await readFile(join(objects, name), 'utf8');
      // The Secrets themselves stand in the folder; what was written must not repeat them.
      const written = text
        .replace(dockerconfigjson, '')
        .replaceAll(JSON.stringify(dockerconfigjson), '')
        .replace(JSON.stringify(`{${pull}`), '');
      expect(found(written)).toEqual([]);
    }
  } finally {
    await program.stop();
  }
  expect(found(program.output())).toEqual([]);
}, 240_000);

test('a webhook whose API server fails and says back what it was sent: no token in logs, readiness or answers', async () => {
  const token = planted['the token of the kubeconfig'];
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: api.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  let seen = 0;
  const codes = [500, 403, 401, 429, 404];
  api.answer(({ headers, path, query }, response) => {
    const message = `you sent ${headers.authorization ?? 'nothing'} to ${path}`;
    seen += headers.authorization === `Bearer ${token}` ? 1 : 0;
    const code = codes[seen % codes.length] ?? 500;
    if (query.watch === '1')
      response.writeHead(200).end(`{"type":"ERROR","object":{"message":"${message}"}}\n`);
    else
      sendJson(response, code, {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        code,
        reason: 'X',
        message,
      });
    return true;
  });
  const program = await started(['webhook', `--kubeconfig=${kubeconfig}`], { HOME: folder });
  try {
    await eventually(() => expect(seen).toBeGreaterThan(10), { describe: 'it tries', timeoutMs: 60_000 });
    const dryRun = planted['the token of a dry run'];
    const ca = await readFile(join(folder, 'ca.crt'), 'utf8');
    const answer = await ask(`${program.https}/dry-run`, {
      ca,
      headers: { authorization: `Bearer ${dryRun}` },
      body: '{}',
    });
    const ready = await ask(`${program.metrics}/readyz`);
    expect(
      found([answer.body, ready.body, (await ask(`${program.metrics}/metrics`)).body].join('\n')),
    ).toEqual([]);
    expect(found(program.output())).toEqual([]);
  } finally {
    await program.stop();
  }
}, 120_000);
