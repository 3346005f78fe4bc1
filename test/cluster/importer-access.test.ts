import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { createAuthority, issue } from './certificates.ts';
import { installWithoutWebhooks, startController, type Controller } from './importer/controller.ts';
import { expectNothingRefused } from './importer/rights.ts';
import { describeCredentials, jane, type GuardedRegistries } from './importer/credentials.ts';
import { dockerConfig } from './importer/secrets.ts';
import { describeSources } from './importer/sources.ts';
import { describeTransportSecurity, type TlsRegistries } from './importer/transport-security.ts';
import { worldOn } from './importer/world.ts';
import { startRegistry } from './registry.ts';
import { describeOnCluster } from './suite.ts';
import { startTokenServer } from './token-server.ts';

describeOnCluster(
  'what the importer may see',
  (cluster) => {
    let guarded: GuardedRegistries | undefined;
    let overTls: TlsRegistries | undefined;
    let controller: Controller | undefined;
    const world = worldOn(cluster);
    const started = <T>(what: T | undefined): T => {
      if (what === undefined) throw new Error('not started');
      return what;
    };

    beforeAll(async () => {
      guarded = await startGuarded();
      overTls = await startOverTls();
      const registryConfig = join(cluster().dir, 'registry-config.json');
      await writeFile(registryConfig, dockerConfig({ [`${guarded.passwords.host}/server`]: jane }));
      const registryCerts = join(cluster().dir, 'registry-certs');
      for (const { host } of [overTls.trusted, overTls.expired]) {
        await mkdir(join(registryCerts, host), { recursive: true });
        await writeFile(join(registryCerts, host, 'ca.crt'), overTls.ca);
      }
      await installWithoutWebhooks(cluster());
      controller = await startController(cluster(), { registryConfig, registryCerts });
      await controller.untilLeads();
    });
    afterAll(async () => {
      await controller?.end();
      await guarded?.passwords.remove();
      await guarded?.tokens.remove();
      await guarded?.tokenServer.stop();
      await overTls?.trusted.remove();
      await overTls?.untrusted.remove();
      await overTls?.expired.remove();
    });

    describe('credentials', () =>
      describeCredentials(
        world,
        () => started(guarded),
        () => started(controller),
      ));
    describe('certificates', () => describeTransportSecurity(world, () => started(overTls)));
    describe('sources in other streams', () => describeSources(world, () => started(guarded).tokens));
    test('nothing was refused for want of rights', () => expectNothingRefused(cluster()));
  },
  { furtherTools: ['registry'] },
);

async function startGuarded(): Promise<GuardedRegistries> {
  const tokenServer = await startTokenServer({
    users: { [jane.username]: jane.password },
    access: (user, repository) => {
      if (user === jane.username) return ['pull', 'push'];
      return repository.startsWith('public/') ? ['pull'] : [];
    },
  });
  const auth = { kind: 'htpasswd', user: jane.username, password: jane.password } as const;
  return {
    passwords: await startRegistry({ auth }),
    tokens: await startRegistry({ auth: { kind: 'token', issuer: tokenServer } }),
    tokenServer,
  };
}

async function startOverTls(): Promise<TlsRegistries> {
  const authority = await createAuthority('test registry authority');
  const subject = { kind: 'server', name: 'registry', hosts: ['127.0.0.1'] } as const;
  const pair = await issue(authority, subject);
  const hourMs = 3_600_000;
  const over = { notBefore: new Date(Date.now() - 2 * hourMs), notAfter: new Date(Date.now() - hourMs) };
  return {
    trusted: await startRegistry({ tls: pair }),
    untrusted: await startRegistry({ tls: pair }),
    expired: await startRegistry({ tls: await issue(authority, subject, over) }),
    ca: authority.certificate,
  };
}
