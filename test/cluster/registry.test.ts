import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { eventually } from '../support/eventually.ts';
import {
  deleteManifest,
  pushImage,
  pushIndex,
  tagExisting,
  type ImageDescription,
  type ImageFormat,
} from '../support/oci-images.ts';
import type { AccessLine } from './access-log.ts';
import { createAuthority, issue, type KeyPair } from './certificates.ts';
import { startRegistry, type Registry } from './registry.ts';
import { describeWithTools } from './suite.ts';
import { startTokenServer, type TokenServer } from './token-server.ts';

const linux: ImageDescription = { os: 'linux', architecture: 'amd64' };
const arm: ImageDescription = { os: 'linux', architecture: 'arm64', variant: 'v8' };
const accept =
  'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, ' +
  'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

interface AskOptions {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly ca?: string;
  readonly authorization?: string;
  readonly form?: Readonly<Record<string, string>>;
}

/** One request on a connection of its own. */
async function ask(
  url: string,
  { method = 'GET', ca, authorization, form }: AskOptions = {},
): Promise<Answer> {
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } });
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      method,
      headers: {
        accept,
        ...(authorization !== undefined && { authorization }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: form ? new URLSearchParams(form).toString() : null,
    });
    return {
      status: statusCode,
      header: (name) => [headers[name]].flat()[0],
      body: Buffer.from(await body.arrayBuffer()),
    };
  } finally {
    await dispatcher.close();
  }
}

const manifestUrl = ({ url }: Registry, name: string, reference: string): string =>
  `${url}/v2/${name}/manifests/${reference}`;
const basic = (user: string, password: string): string => `Basic ${btoa(`${user}:${password}`)}`;
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const summary = (lines: readonly AccessLine[]): string[] =>
  lines.map(({ method, path, status }) => `${method} ${path} ${status}`);

describeWithTools('the test registry', ['registry'], () => {
  describe('open to all, over HTTP', () => {
    let registry: Registry;
    beforeAll(async () => void (registry = await startRegistry()));
    afterAll(() => registry.remove());
    const head = (name: string, reference: string): Promise<Answer> =>
      ask(manifestUrl(registry, name, reference), { method: 'HEAD' });

    test.each<[ImageFormat, string]>([
      ['oci', 'application/vnd.oci.image.manifest.v1+json'],
      ['docker', 'application/vnd.docker.distribution.manifest.v2+json'],
    ])(
      'a pushed image (%s) is there by tag and by digest, with its media type',
      async (format, mediaType) => {
        const { digest, size } = await pushImage(registry, `formats/${format}`, 'v1', { ...linux, format });

        for (const reference of ['v1', digest]) {
          const { status, header } = await head(`formats/${format}`, reference);
          expect([
            status,
            header('docker-content-digest'),
            header('content-type'),
            header('content-length'),
          ]).toEqual([200, digest, mediaType, String(size)]);
        }
      },
    );

    test.each<[ImageFormat, string]>([
      ['oci', 'application/vnd.oci.image.index.v1+json'],
      ['docker', 'application/vnd.docker.distribution.manifest.list.v2+json'],
    ])('an index (%s) names its images with their platforms', async (format, mediaType) => {
      const name = `indexes/${format}`;
      const images = [
        await pushImage(registry, name, undefined, { ...linux, format }),
        await pushImage(registry, name, undefined, { ...arm, format }),
      ];
      const { digest } = await pushIndex(registry, name, 'v1', images, format);

      const { header, body } = await ask(manifestUrl(registry, name, 'v1'));
      expect([header('content-type'), header('docker-content-digest')]).toEqual([mediaType, digest]);
      expect(JSON.parse(body.toString())).toMatchObject({
        mediaType,
        manifests: [
          { digest: images[0]?.digest, platform: { os: 'linux', architecture: 'amd64' } },
          { digest: images[1]?.digest, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        ],
      });
    });

    test('the configuration says what was asked for, and the layers are those that it names', async () => {
      const labels = { team: 'blue' };
      const image = { ...arm, labels, layers: ['one', 'two'] };
      const { config, layers } = await pushImage(registry, 'team/described', 'v1', image);
      const blob = async (digest: string): Promise<Buffer> =>
        (await ask(`${registry.url}/v2/team/described/blobs/${digest}`)).body;

      const archives = await Promise.all(layers.map(async ({ digest }) => gunzipSync(await blob(digest))));
      expect(JSON.parse((await blob(config.digest)).toString())).toMatchObject({
        os: 'linux',
        architecture: 'arm64',
        variant: 'v8',
        config: { Labels: labels },
        rootfs: { diff_ids: archives.map(sha256) },
      });
      expect(archives.map((tar) => tar.subarray(512, 515).toString())).toEqual(['one', 'two']);
    });

    test('the same description makes the same digest everywhere, another one another', async () => {
      const here = await pushImage(registry, 'same/here', 'v1', linux);
      const there = await pushImage(registry, 'same/there', 'v2', linux);
      const other = await pushImage(registry, 'same/here', 'v2', { ...linux, layers: ['other'] });

      expect(here.digest).toBe('sha256:85eec267f25797e380e37ec6d14f4911a22f230f0be140a5ccd1cfba12f86c76');
      expect(there.digest).toBe(here.digest);
      expect(other.digest).not.toBe(here.digest);
    });

    test('a tag moves', async () => {
      await pushImage(registry, 'team/moving', 'latest', linux);
      const { digest } = await pushImage(registry, 'team/moving', 'v2', { ...linux, layers: ['v2'] });

      await tagExisting(registry, 'team/moving', 'latest', 'v2');

      expect((await head('team/moving', 'latest')).header('docker-content-digest')).toBe(digest);
    });

    test('a manifest is deleted with its tags, and can be pushed again', async () => {
      const { digest } = await pushImage(registry, 'team/deleted', 'v1', linux);

      await deleteManifest(registry, 'team/deleted', digest);
      expect((await head('team/deleted', digest)).status).toBe(404);
      expect((await head('team/deleted', 'v1')).status).toBe(404);

      await pushImage(registry, 'team/deleted', 'v1', linux);
      expect((await head('team/deleted', 'v1')).header('docker-content-digest')).toBe(digest);
    });

    test('a tag is deleted without its manifest', async () => {
      const { digest } = await pushImage(registry, 'team/untagged', 'v1', linux);

      await deleteManifest(registry, 'team/untagged', 'v1');

      expect((await head('team/untagged', 'v1')).status).toBe(404);
      expect((await head('team/untagged', digest)).status).toBe(200);
    });

    test('it tells the requests since the last reset, in order', async () => {
      await pushImage(registry, 'team/counted', 'v1', linux);
      registry.resetRequests();

      await head('team/counted', 'v1');
      await ask(`${registry.url}/v2/team/counted/tags/list?n=5`);
      await head('team/counted', 'absent');

      expect(summary(await registry.requests())).toEqual([
        'HEAD /v2/team/counted/manifests/v1 200',
        'GET /v2/team/counted/tags/list?n=5 200',
        'HEAD /v2/team/counted/manifests/absent 404',
      ]);
      registry.resetRequests();
      expect(await registry.requests()).toEqual([]);
    });

    test('stopped it refuses connections; started again it has host, images and requests', async () => {
      const { digest } = await pushImage(registry, 'team/kept', 'v1', linux);
      registry.resetRequests();
      await head('team/kept', 'v1');
      const { host } = registry;

      await registry.stop();
      await registry.stop();
      await expect(head('team/kept', 'v1')).rejects.toThrow('ECONNREFUSED');

      await registry.start();
      expect(registry.host).toBe(host);
      expect((await head('team/kept', 'v1')).header('docker-content-digest')).toBe(digest);
      expect(await registry.requests()).toHaveLength(2);
      await expect(registry.start()).rejects.toThrow(`the test registry ${host} is running: stop it first`);
    });
  });

  test('started again while somebody else has its port, it waits for the port', async () => {
    const registry = await startRegistry();
    const squatter = createServer();
    try {
      await registry.stop();
      const { port } = new URL(registry.url);
      await new Promise<void>((resolve) => squatter.listen(Number(port), '127.0.0.1', resolve));
      const started = registry.start();
      await eventually(
        () => expect(readFileSync(registry.logPath, 'utf8')).toContain('address already in use'),
        {
          describe: 'the first attempt fails',
          timeoutMs: 10_000,
        },
      );
      await new Promise((resolve) => squatter.close(resolve));

      await started;
      expect((await ask(`${registry.url}/v2/`)).status).toBe(200);
    } finally {
      squatter.close();
      await registry.remove();
    }
  });

  test('one that does not start says why, and leaves its log', async () => {
    const tls = { certificate: 'no certificate', key: 'no key' };
    const failure: unknown = await startRegistry({ tls }).catch((error: unknown) => error);

    expect(String(failure)).toMatch(
      /registry exited with code 1 before it was ready; .* failed to find any PEM data/s,
    );
    const log = /the end of its log, (\S+):/.exec(String(failure))?.[1] ?? '';
    expect(readdirSync(dirname(log))).toEqual([basename(log)]);
    rmSync(dirname(log), { recursive: true });
  });

  test('without deleteEnabled nothing can be deleted', async () => {
    const registry = await startRegistry({ deleteEnabled: false });
    try {
      const { digest } = await pushImage(registry, 'team/app', 'v1', linux);
      await expect(deleteManifest(registry, 'team/app', digest)).rejects.toThrow(/: 405 .*UNSUPPORTED/);
    } finally {
      await registry.remove();
    }
  });

  test('as a pull-through cache it gives what its upstream has, keeps it, and takes no pushes', async () => {
    const upstream = await startRegistry();
    const cache = await startRegistry({ proxy: { remoteurl: upstream.url } });
    try {
      const { digest } = await pushImage(upstream, 'team/app', 'v1', linux);
      const pulls = () => ask(manifestUrl(cache, 'team/app', digest));
      expect((await pulls()).status).toBe(200);
      upstream.resetRequests();
      expect((await pulls()).header('docker-content-digest')).toBe(digest);
      expect(await upstream.requests()).toEqual([]);
      await expect(pushImage(cache, 'team/app', 'v2', linux)).rejects.toThrow(/: 405 .*UNSUPPORTED/);
    } finally {
      await cache.remove();
      await upstream.remove();
    }
  });

  describe('with htpasswd', () => {
    let registry: Registry;
    const credential = { username: 'jane', password: 'first-password' };
    beforeAll(async () => {
      const auth = { kind: 'htpasswd', user: 'jane', password: 'first-password' } as const;
      registry = await startRegistry({ auth });
      await pushImage({ url: registry.url, credential }, 'team/app', 'v1', linux);
    });
    afterAll(() => registry.remove());

    test.each([
      ['the right password is let in', { authorization: basic('jane', 'first-password') }, 200],
      ['no credential', {}, 401],
      ['a wrong password', { authorization: basic('jane', 'second-password') }, 401],
      ['an unknown user', { authorization: basic('joe', 'first-password') }, 401],
    ])('%s', async (_, options, status) => {
      const answer = await ask(manifestUrl(registry, 'team/app', 'v1'), options);
      expect(answer.status).toBe(status);
      expect(answer.header('www-authenticate')).toBe(
        status === 401 ? 'Basic realm="test registry"' : undefined,
      );
    });

    test('a push without the password fails', async () => {
      await expect(pushImage(registry, 'team/app', 'v2', linux)).rejects.toThrow(': 401 ');
    });

    test('every password of the table fits its hash', async () => {
      const auth = { kind: 'htpasswd', user: 'jane', password: 'second-password' } as const;
      const second = await startRegistry({ auth });
      try {
        const answer = await ask(`${second.url}/v2/`, { authorization: basic('jane', 'second-password') });
        expect(answer.status).toBe(200);
      } finally {
        await second.remove();
      }
    });
  });

  describe('over TLS with a private authority', () => {
    const subject = { kind: 'server', name: 'registry', hosts: ['127.0.0.1'] } as const;
    let authority: KeyPair;
    beforeAll(async () => void (authority = await createAuthority('test registry authority')));

    test('who trusts the authority pushes and reads, who does not gets no connection', async () => {
      const registry = await startRegistry({ tls: await issue(authority, subject) });
      try {
        const ca = authority.certificate;
        await pushImage({ url: registry.url, ca }, 'team/app', 'v1', linux);

        const url = manifestUrl(registry, 'team/app', 'v1');
        expect(url).toMatch(/^https:/);
        expect((await ask(url, { ca })).status).toBe(200);
        await expect(ask(url)).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
      } finally {
        await registry.remove();
      }
    });

    test('an expired certificate is refused by who trusts the authority', async () => {
      const anHourAgo = {
        notBefore: new Date(Date.now() - 7_200_000),
        notAfter: new Date(Date.now() - 3_600_000),
      };
      const registry = await startRegistry({ tls: await issue(authority, subject, anHourAgo) });
      try {
        const { certificate: ca } = authority;
        await expect(ask(`${registry.url}/v2/`, { ca })).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
      } finally {
        await registry.remove();
      }
    });
  });

  describe('with a token server', () => {
    let registry: Registry;
    let tokens: TokenServer;
    const jane = { username: 'jane', password: 'janes-password' };
    beforeAll(async () => {
      tokens = await startTokenServer({
        users: { jane: 'janes-password', joe: 'joes-password' },
        refreshTokens: { 'janes-refresh-token': 'jane' },
        access: (user, repository) => {
          if (user === 'jane') return ['pull', 'push', 'delete'];
          return repository.startsWith('public/') ? ['pull'] : [];
        },
      });
      registry = await startRegistry({ auth: { kind: 'token', issuer: tokens } });
      for (const name of ['public/app', 'team/app'])
        await pushImage({ url: registry.url, credential: jane }, name, 'v1', linux);
    });
    beforeEach(() => tokens.resetRequests());
    afterAll(async () => {
      await registry.remove();
      await tokens.stop();
    });

    const question = (scope: string): string =>
      new URLSearchParams({ service: tokens.service, scope }).toString();
    const tokenFor = async (scope: string, options: AskOptions = {}): Promise<string> => {
      const { status, body } = await ask(`${tokens.realm}?${question(scope)}`, options);
      expect(status).toBe(200);
      return (JSON.parse(body.toString()) as { token: string }).token;
    };
    const read = (name: string, token?: string): Promise<Answer> =>
      ask(manifestUrl(registry, name, 'v1'), token === undefined ? {} : { authorization: `Bearer ${token}` });

    test('without a token the challenge names realm, service and scope', async () => {
      const { status, header } = await read('team/app');
      expect(status).toBe(401);
      expect(header('www-authenticate')).toBe(
        `Bearer realm="${tokens.realm}",service="test registry",scope="repository:team/app:pull"`,
      );
    });

    test.each<[string, string, string | undefined, number]>([
      ['anybody reads what is public', 'public/app', undefined, 200],
      ['nobody reads what is not', 'team/app', undefined, 401],
      ['a user with the right reads it', 'team/app', basic('jane', 'janes-password'), 200],
      ['a user without it does not', 'team/app', basic('joe', 'joes-password'), 401],
    ])('%s', async (_, name, authorization, status) => {
      const token = await tokenFor(
        `repository:${name}:pull`,
        authorization === undefined ? {} : { authorization },
      );
      const answer = await read(name, token);
      expect(answer.status).toBe(status);
      if (status === 401) expect(answer.header('www-authenticate')).toMatch(/error="insufficient_scope"$/);
    });

    test('a token holds for the repository and the actions of its scope only', async () => {
      const options = { authorization: basic('jane', 'janes-password') };
      expect((await read('team/app', await tokenFor('repository:public/app:pull', options))).status).toBe(
        401,
      );
      expect((await read('team/app', await tokenFor('repository:team/app:push', options))).status).toBe(401);
    });

    test('a wrong password gets no token', async () => {
      const authorization = basic('jane', 'wrong');
      const url = `${tokens.realm}?${question('repository:team/app:pull')}`;
      expect((await ask(url, { authorization })).status).toBe(401);
      const pushed = pushImage(
        { url: registry.url, credential: { username: 'jane', password: 'wrong' } },
        'team/app',
        'v2',
        linux,
      );
      await expect(pushed).rejects.toThrow('/token: 401 ');
    });

    test.each<[string, Readonly<Record<string, string>>, number]>([
      ['a refresh token', { grant_type: 'refresh_token', refresh_token: 'janes-refresh-token' }, 200],
      ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'unknown' }, 401],
      ['a password', { grant_type: 'password', ...jane }, 200],
      ['a wrong password', { grant_type: 'password', username: 'jane', password: 'wrong' }, 401],
      ['nothing', { grant_type: 'none' }, 400],
    ])('by POST with %s', async (_, credentials, status) => {
      const form = { service: tokens.service, scope: 'repository:team/app:pull', ...credentials };
      const answer = await ask(tokens.realm, { method: 'POST', form });
      expect(answer.status).toBe(status);
      if (status !== 200) return;
      const { access_token: token } = JSON.parse(answer.body.toString()) as { access_token: string };
      expect((await read('team/app', token)).status).toBe(200);
    });

    test.each<[string, 'ours' | 'its own', number]>([
      ['of another token server', 'ours', 300],
      ['that ended more than a minute ago', 'its own', -61],
    ])('a token %s is refused', async (_, whose, lifetimeSeconds) => {
      const other = await startTokenServer({ access: () => ['pull'], lifetimeSeconds });
      const asked =
        whose === 'ours' ? registry : await startRegistry({ auth: { kind: 'token', issuer: other } });
      try {
        const { body } = await ask(`${other.realm}?${question('repository:team/app:pull')}`);
        const { token } = JSON.parse(body.toString()) as { token: string };
        const answer = await ask(manifestUrl(asked, 'team/app', 'v1'), { authorization: `Bearer ${token}` });
        expect(answer.header('www-authenticate')).toMatch(/error="invalid_token"$/);
      } finally {
        await other.stop();
        if (asked !== registry) await asked.remove();
      }
    });

    test('the token server tells what it was asked', async () => {
      await tokenFor('repository:team/app:pull', { authorization: basic('jane', 'janes-password') });
      await ask(`${tokens.realm}?${question('repository:team/app:pull')}`, {
        authorization: basic('jane', 'wrong'),
      });
      await tokenFor('repository:a:pull repository:b:pull');

      expect(tokens.requests()).toEqual([
        { method: 'GET', scopes: ['repository:team/app:pull'], user: 'jane', status: 200 },
        { method: 'GET', scopes: ['repository:team/app:pull'], user: undefined, status: 401 },
        { method: 'GET', scopes: ['repository:a:pull', 'repository:b:pull'], user: undefined, status: 200 },
      ]);
    });
  });

  test.each([
    ['running', ''],
    ['stopped', 'await registry.stop();'],
  ])('%s, it goes with its folder when the process is killed that started it', async (_, then) => {
    const home = mkdtempSync(join(tmpdir(), 'pinstream-registry-parent-'));
    const script = `
      import { startRegistry } from ${JSON.stringify(new URL('./registry.ts', import.meta.url).href)};
      const registry = await startRegistry();
      ${then}
      console.log(registry.url);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const url = await new Promise<string>((resolve) =>
        parent.stdout.once('data', (text) => resolve(String(text).trim())),
      );
      expect(readdirSync(home)).toEqual([expect.stringMatching(/^pinstream-registry-/)]);

      parent.kill('SIGKILL');

      await eventually(
        async () => {
          await expect(ask(url)).rejects.toThrow('ECONNREFUSED');
          expect(readdirSync(home)).toEqual([]);
        },
        { describe: 'registry and folder go', timeoutMs: 10_000 },
      );
    } finally {
      parent.kill('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    }
  });
});
