import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { pushImage } from '../../support/oci-images.ts';
import type { Json } from '../manifests/objects.ts';
import type { Registry } from '../registry.ts';
import type { TokenServer } from '../token-server.ts';
import type { Controller } from './controller.ts';
import { legacyPullSecret, pullSecret, secret, type Login } from './secrets.ts';
import { conditionTypes, fromRegistry, historyOf, type StreamTag } from './streams.ts';
import type { World } from './world.ts';

/** Registries that ask who comes. */
export interface GuardedRegistries {
  readonly passwords: Registry;
  readonly tokens: Registry;
  readonly tokenServer: TokenServer;
}

export const jane = { username: 'jane', password: 'first-password' } as const;
const wrong: Login = { username: 'jane', password: 'wrong-password-5b1e' };
const linux = { os: 'linux', architecture: 'amd64' };

/** The pull secrets of a stream's namespace, and the credentials of the server. */
export function describeCredentials(
  { kubectl, client, streams }: World,
  registries: () => GuardedRegistries,
  controller: () => Controller,
): void {
  let digest: string;
  let namespaces = 0;
  beforeAll(async () => {
    const { passwords, tokens } = registries();
    const pushed = await Promise.all(
      [
        [passwords, 'team/app'],
        [passwords, 'server/app'],
        [tokens, 'team/app'],
        [tokens, 'public/app'],
      ].map(([registry, repository]) => {
        const target = { url: (registry as Registry).url, credential: jane };
        return pushImage(target, repository as string, 'v1', linux);
      }),
    );
    digest = pushed[0]?.digest ?? '';
  });

  /** A stream `app` whose tag `v1` is this image, in a namespace of its own with these secrets. */
  const streamWith = async (
    registry: Registry,
    repository: string,
    ...secrets: readonly Json[]
  ): Promise<string> => {
    namespaces += 1;
    const namespace = `credentials-${namespaces}`;
    await kubectl(`create namespace ${namespace}`);
    for (const object of secrets) await client().create(`/api/v1/namespaces/${namespace}/secrets`, object);
    await streams.create(namespace, 'app', [fromRegistry('v1', registry, `${repository}:v1`)]);
    return namespace;
  };
  const untilImported = (namespace: string): Promise<StreamTag> =>
    streams.untilHistory(namespace, 'app', 'v1', [digest]);
  const notes = async (namespace: string): Promise<readonly string[]> =>
    (await streams.events(namespace, 'app'))
      .filter(({ reason }) => reason === 'ImportNote')
      .map(({ message }) => message);

  test.each<[string, (registries: GuardedRegistries) => readonly [Registry, Json]]>([
    ['a password', ({ passwords }) => [passwords, pullSecret('pull', { [passwords.host]: jane })]],
    [
      'a password in a secret of the older type',
      ({ passwords }) => [passwords, legacyPullSecret('pull', { [passwords.host]: jane })],
    ],
    [
      'a password for its path',
      ({ passwords }) => [passwords, pullSecret('pull', { [`${passwords.host}/team`]: jane })],
    ],
    ['a password for tokens', ({ tokens }) => [tokens, pullSecret('pull', { [tokens.host]: jane })]],
  ])('%s opens the registry, without a remark', async (_, secretFor) => {
    const [registry, pull] = secretFor(registries());
    const namespace = await streamWith(registry, 'team/app', pull);
    expect(conditionTypes(await untilImported(namespace))).toEqual([]);
    await streams.untilEvent(namespace, 'app', { reason: 'TagMoved' });
    expect(await notes(namespace)).toEqual([]);
  });

  test.each<[string, (registries: GuardedRegistries) => Registry]>([
    ['with passwords', ({ passwords }) => passwords],
    ['with tokens', ({ tokens }) => tokens],
  ])('a wrong password at a registry %s: Unauthorized, and which secret it was', async (_, registryOf) => {
    const registry = registryOf(registries());
    const namespace = await streamWith(registry, 'team/app', pullSecret('stale', { [registry.host]: wrong }));
    const { reason, message } = await streams.untilFailure(namespace, 'app', 'v1');
    expect(reason).toBe('Unauthorized');
    expect(message).toContain(`image "${registry.host}/team/app:v1"`);
    expect(message).toContain('(secret "stale" was shown)');
    await streams.untilEvent(namespace, 'app', { reason: 'ImportFailed', type: 'Warning' });
  });

  test('no secret at all: Unauthorized, and no secret is named', async () => {
    const namespace = await streamWith(registries().passwords, 'team/app');
    const { reason, message } = await streams.untilFailure(namespace, 'app', 'v1');
    expect(reason).toBe('Unauthorized');
    expect(message).not.toContain('secret');
  });

  test('a secret that is excluded is not shown', async () => {
    const { passwords } = registries();
    const annotations = { 'openshift.io/image.excludeSecret': 'true' };
    const namespace = await streamWith(
      passwords,
      'team/app',
      pullSecret('pull', { [passwords.host]: jane }, annotations),
    );
    expect((await streams.untilFailure(namespace, 'app', 'v1')).reason).toBe('Unauthorized');
  });

  test('of two secrets the second is tried when the first is refused, and an event says so', async () => {
    const {
      passwords: { host },
      passwords,
    } = registries();
    const secrets = [pullSecret('a-stale', { [host]: wrong }), pullSecret('b-pull', { [host]: jane })];
    const namespace = await streamWith(passwords, 'team/app', ...secrets);
    await untilImported(namespace);
    const message = `app:v1: secret "a-stale" was refused by ${host}; secret "b-pull" was used`;
    await streams.untilEvent(namespace, 'app', { reason: 'ImportNote', message });
  });

  test('a broken secret is passed over, and an event says so', async () => {
    const {
      passwords: { host },
      passwords,
    } = registries();
    const broken = secret(
      'a-broken',
      'kubernetes.io/dockerconfigjson',
      '.dockerconfigjson',
      JSON.stringify({ auths: [host] }),
    );
    const namespace = await streamWith(passwords, 'team/app', broken, pullSecret('b-pull', { [host]: jane }));
    await untilImported(namespace);
    await streams.untilEvent(namespace, 'app', {
      reason: 'ImportNote',
      message: expect.stringContaining('secret "a-broken"') as unknown as string,
    });
  });

  test('a public image is imported in spite of a wrong secret, and an event says so', async () => {
    const { tokens } = registries();
    const namespace = await streamWith(tokens, 'public/app', pullSecret('stale', { [tokens.host]: wrong }));
    expect(conditionTypes(await untilImported(namespace))).toEqual([]);
    const message = `app:v1: secret "stale" was refused by ${tokens.host}; imported without a credential`;
    await streams.untilEvent(namespace, 'app', { reason: 'ImportNote', message });
  });

  test('the configuration of the server serves every namespace', async () => {
    await untilImported(await streamWith(registries().passwords, 'server/app'));
  });

  describe('a secret that was mended', () => {
    const namespaceWith = async (): Promise<string> => {
      const { passwords } = registries();
      const stale = pullSecret('pull', { [passwords.host]: wrong });
      const namespace = await streamWith(passwords, 'team/app', stale);
      await streams.untilFailure(namespace, 'app', 'v1');
      const { stringData } = pullSecret('pull', { [passwords.host]: jane });
      await client().patch(`/api/v1/namespaces/${namespace}/secrets/pull`, { stringData }, 'merge');
      return namespace;
    };

    test('serves whoever asks right after', async () => {
      const mended = await streams.imported(await namespaceWith(), 'app', 'v1');
      expect(historyOf(mended)).toEqual([digest]);
      expect(conditionTypes(mended)).toEqual([]);
    });

    test('serves the next retry', async () => {
      const namespace = await namespaceWith();
      // What people have to mend is tried again 15 to 30 s later.
      const mended = await streams.untilHistory(namespace, 'app', 'v1', [digest], 45_000);
      expect(conditionTypes(mended)).toEqual([]);
      await streams.untilEvent(namespace, 'app', { type: 'Normal', reason: 'TagMoved' });
    });
  });

  test('no password is in any log, event or object', async () => {
    const shown = await Promise.all([
      readFile(controller().logPath, 'utf8'),
      kubectl('get imagestreams,images,events,leases -A -o json --show-managed-fields'),
      controller().imports().then(JSON.stringify),
    ]);
    // It is about what was written until here: there is something.
    expect(shown.join('\n')).toContain('secret \\"stale\\"');
    for (const { username, password } of [jane, wrong]) {
      for (const text of [password, btoa(password), btoa(`${username}:${password}`)]) {
        expect(shown.filter((place) => place.includes(text))).toEqual([]);
      }
    }
  });
}
