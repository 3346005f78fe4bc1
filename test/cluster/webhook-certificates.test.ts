import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';
import { splitCertificates } from '../../src/certs/inspect.ts';
import { startFileSource } from '../../src/certs/file-source.ts';
import { authorityDays, backdatedMs, issueAuthority, issueServing } from '../../src/certs/issue.ts';
import type { KeeperOptions } from '../../src/certs/keeper.ts';
import { bundleOf, formatMaterial, parseMaterial, type Material } from '../../src/certs/material.ts';
import { overlapMs, settleMs } from '../../src/certs/rotation.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { connectToCluster, type Connection } from '../../src/kube/connect.ts';
import { isObject, objectAt } from '../../src/json/untyped.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { eventually } from '../support/eventually.ts';
import { describeOnCluster } from './suite.ts';
import {
  canary,
  mutating,
  namespace,
  service,
  serviceName,
  system,
} from './webhook-certificates/configurations.ts';
import { createConfigMap, startLoad, type Load } from './webhook-certificates/load.ts';
import { mountSecret, renewAuthority, type MountedSecret } from './webhook-certificates/mounted.ts';
import { serveWith, startReplica, type Replica } from './webhook-certificates/replica.ts';

const intervalMs = 60_000;
const day = 24 * 3_600_000;
const secretPath = `/api/v1/namespaces/${system}/secrets/pinstream-webhook-tls`;
const configurationPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pinstream';
const dnsNames = ['svc', '', 'svc.cluster.local'].map((end) =>
  [serviceName, system, end].filter(Boolean).join('.'),
);
const serviceAccount = {
  user: `system:serviceaccount:${system}:${serviceName}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${system}`, 'system:authenticated'],
};
/** What gives that service account its rights. */
const rights = ['namespace', 'role', 'rolebinding', 'clusterrole', 'clusterrolebinding'];
const inAWhile = (describe: string): { describe: string; timeoutMs: number } => ({
  describe,
  timeoutMs: 30_000,
});

describeOnCluster(
  'certificates of two replicas, verified by a real API server',
  (cluster) => {
    let admin: Connection;
    let webhook: Connection;
    let clock: FakeClock;
    let log: ReturnType<typeof createRecordingLog>;
    let replicas: readonly Replica[];
    let load: Load | undefined;
    let canaries = 0;

    const apply = async (object: object): Promise<void> => {
      const { code, stderr } = await cluster().kubectl(['apply', '-f', '-'], {
        input: JSON.stringify(object),
      });
      if (code !== 0) throw new Error(stderr);
    };
    const stored = async (): Promise<Material> =>
      parseMaterial(objectAt(await admin.client.get(secretPath), 'data'));
    const current = (): readonly CertificatePair[] => replicas.map(({ source }) => source.current());

    beforeAll(async () => {
      const files = rights.flatMap((name) => ['-f', join('manifests', 'base', `${name}.yaml`)]);
      const { code, stderr } = await cluster().kubectl(['apply', ...files]);
      if (code !== 0) throw new Error(stderr);
      await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      await apply(service);
      admin = await connectToCluster({ kubeconfig: cluster().kubeconfigPath });
      webhook = await connectToCluster({ kubeconfig: await cluster().kubeconfigFor(serviceAccount) });
    });
    afterAll(async () => {
      await Promise.all([admin.close(), webhook.close()]);
    });

    beforeEach(() => {
      clock = createFakeClock(Date.now());
      log = createRecordingLog();
      replicas = [];
    });
    afterEach(async () => {
      await load?.end();
      load = undefined;
      for (const replica of replicas) replica.stop();
      await cluster().kubectl([
        'delete',
        'mutatingwebhookconfiguration',
        'pinstream',
        'canary',
        '--ignore-not-found',
      ]);
      await cluster().kubectl([
        'delete',
        'secret',
        '-n',
        system,
        'pinstream-webhook-tls',
        '--ignore-not-found',
      ]);
    });

    const keeping = (): KeeperOptions => ({
      client: webhook.client,
      namespace: system,
      secretName: 'pinstream-webhook-tls',
      serviceName,
      webhookConfigurations: [{ kind: 'MutatingWebhookConfiguration', name: 'pinstream' }],
      clock,
      log,
    });

    /** Starts both at once and waits until the API server is content with both. */
    async function start(): Promise<Load> {
      replicas = await Promise.all([startReplica(keeping()), startReplica(keeping())]);
      await apply(mutating(replicas.map(({ port }) => port)));
      await nextPass();
      return startLoading();
    }

    async function startLoading(): Promise<Load> {
      await inEffect();
      await eventually(() => createConfigMap(admin.client), inAWhile('the first verified request'));
      load = startLoad(admin.client);
      await load.goOnFor(20);
      return load;
    }

    /** Lets both look at the Secret and the configurations once. */
    async function nextPass(afterMs: number = intervalMs): Promise<void> {
      const resting = (): void => expect(clock.sleeping()).toHaveLength(2);
      await eventually(resting, inAWhile('the pass before'));
      clock.advance(afterMs);
      await eventually(resting, inAWhile('a pass of both replicas'));
    }

    /** Waits until the API server acts on the webhook configurations as they are now. */
    async function inEffect(): Promise<void> {
      const label = `c${(canaries += 1)}`;
      await apply(canary(label));
      await eventually(
        () =>
          expect(createConfigMap(admin.client, { canary: label })).rejects.toThrow('canary.pinstream.dev'),
        inAWhile('the canary'),
      );
    }

    /** When an authority was made that is due at that time from now: a third of its lifetime is left then. */
    function dueAfter(ms: number): Date {
      const lifetime = authorityDays * day + backdatedMs;
      return new Date(clock.now() + ms - authorityDays * day + lifetime / 3);
    }

    /** The `caBundle` of all webhooks, PEM. */
    async function bundle(): Promise<string> {
      const configuration = await admin.client.get(configurationPath);
      const webhooks: unknown[] = isObject(configuration) ? [configuration.webhooks].flat() : [];
      const bundles = new Set(webhooks.map((entry) => objectAt(entry, 'clientConfig').caBundle));
      expect(bundles.size).toBe(1);
      return Buffer.from(String([...bundles][0]), 'base64').toString();
    }

    const trustedAuthorities = async (): Promise<number> => splitCertificates(await bundle()).length;

    /** Writes the `caBundle` of all webhooks, as cert-manager's injector does, or somebody by hand. */
    async function writeBundle(pem: string): Promise<void> {
      const value = Buffer.from(pem).toString('base64');
      const patch = replicas.map((_replica, index) => ({
        op: 'add',
        path: `/webhooks/${index}/clientConfig/caBundle`,
        value,
      }));
      await admin.client.patch(configurationPath, patch, 'json');
    }

    /** From a new authority to the end of the old one, under load. */
    async function rotateUnder(running: Load): Promise<void> {
      const [before] = current();
      await nextPass();
      expect(await trustedAuthorities()).toBe(2);
      expect(current()).toEqual([before, before]);
      await inEffect();
      await running.goOnFor(20);

      await nextPass(settleMs);
      await nextPass();
      const [after] = current();
      expect(after).not.toEqual(before);
      expect(current()).toEqual([after, after]);
      await running.goOnFor(20);

      await nextPass(overlapMs);
      expect(await trustedAuthorities()).toBe(1);
      await inEffect();
      await running.goOnFor(20);
      expect(current()).toEqual([after, after]);
    }

    function expectAllVerified(running: Load): void {
      expect(running.failures()).toEqual([]);
      for (const replica of replicas)
        expect(replica.handshakes()).toBeGreaterThanOrEqual(running.succeeded());
    }

    test('on a new cluster both serve the one pair that one of them made', async () => {
      const running = await start();
      const { serving } = await stored();
      expect(current()).toEqual([serving, serving]);
      expectAllVerified(running);
    });

    test('an authority that is due is replaced without a failed request', async () => {
      const signer = await issueAuthority({ commonName: 'seed', now: dueAfter(1.5 * intervalMs) });
      const serving = await issueServing({ authority: signer, dnsNames, now: new Date(clock.now()) });
      const data = formatMaterial({ authorities: [signer.cert], signer, serving });
      const metadata = { name: 'pinstream-webhook-tls', namespace: system };
      await apply({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data });
      const running = await start();
      expect(current()).toEqual([serving, serving]);
      await rotateUnder(running);
      expectAllVerified(running);
    });

    test('a Secret that somebody deletes is replaced without a failed request; what is no longer trusted does fail', async () => {
      const running = await start();
      const [old] = current();
      await cluster().kubectl(['delete', 'secret', '-n', system, 'pinstream-webhook-tls']);
      await rotateUnder(running);
      expectAllVerified(running);

      if (old !== undefined) replicas[1]?.server.setSecureContext(old);
      await expect(createConfigMap(admin.client)).rejects.toThrow(
        /x509: certificate signed by unknown authority/,
      );
    });

    test('the namespace comes to own the webhook configuration', async () => {
      await start();
      const { uid } = objectAt(await admin.client.get(`/api/v1/namespaces/${system}`), 'metadata');
      expect(objectAt(await admin.client.get(configurationPath), 'metadata').ownerReferences).toEqual([
        { apiVersion: 'v1', kind: 'Namespace', name: system, uid },
      ]);
    }, 60_000);

    test.each([
      ['ahead of', 10],
      ['behind', -10],
    ])(
      'a replica whose clock is ten minutes %s that of the API server makes a pair that both accept',
      async (_title, minutes) => {
        clock = createFakeClock(Date.now() + minutes * 60_000);
        const running = await start();
        expectAllVerified(running);
      },
      60_000,
    );

    describe('told of changes, while no time passes by their clocks', () => {
      /** What is told of runs once the clock is looked at. */
      const soon = <T>(describe: string, check: () => T | Promise<T>): Promise<T> =>
        eventually(
          () => {
            clock.advance(0);
            return check();
          },
          { describe, timeoutMs: 60_000 },
        );

      async function startTold(): Promise<Load> {
        replicas = await Promise.all([startReplica(keeping(), true), startReplica(keeping(), true)]);
        await apply(mutating(replicas.map(({ port }) => port)));
        await soon('the caBundle in the new configuration', async () =>
          expect(await bundle()).toBe(bundleOf(await stored())),
        );
        return startLoading();
      }

      test('a caBundle that somebody edits is repaired', async () => {
        await startTold();
        await load?.end();
        const { cert } = await issueAuthority({ commonName: 'foreign', now: new Date() });
        await writeBundle(cert);
        await soon('the repair', async () => expect(await bundle()).toBe(bundleOf(await stored())));
        await eventually(() => createConfigMap(admin.client), inAWhile('requests'));
      }, 180_000);

      test('a Secret that somebody deletes or spoils is filled again, without a failed request', async () => {
        const running = await startTold();
        const [before] = current();
        await cluster().kubectl(['delete', 'secret', '-n', system, 'pinstream-webhook-tls']);
        await soon('the Secret', async () => expect((await stored()).serving).toEqual(before));
        await running.goOnFor(20);
        const spoilt = { data: { 'tls.crt': 'AAAA', 'ca.crt': 'AAAA' } };
        await admin.client.patch(secretPath, spoilt, 'merge');
        await soon('the Secret', async () => {
          expect((await stored()).serving).toBeDefined();
          expect(await bundle()).toBe(bundleOf(await stored()));
        });
        await inEffect();
        await running.goOnFor(20);
        expectAllVerified(running);
      }, 180_000);
    });

    describe('pairs in files, as cert-manager and the kubelet keep them', () => {
      const name = 'pinstream-webhook-ca';
      let authority: CertificatePair;
      let mounted: readonly MountedSecret[] = [];

      const issue = (): Promise<CertificatePair> =>
        issueServing({ authority, dnsNames, now: new Date(clock.now()) });
      const startFiles = async (files: MountedSecret): Promise<Replica> =>
        serveWith(await startFileSource({ ...files, clock: systemClock, log }));

      beforeEach(async () => {
        authority = await issueAuthority({ commonName: name, now: new Date(clock.now()) });
        const first = await issue();
        mounted = await Promise.all([mountSecret(first), mountSecret(first)]);
        replicas = await Promise.all(mounted.map(startFiles));
        await apply(mutating(replicas.map(({ port }) => port)));
        await writeBundle(authority.cert);
      }, 60_000);
      afterEach(async () => {
        for (const files of mounted) await files.remove();
        mounted = [];
      });

      /** The Secret was renewed; the kubelets of both replicas follow, one after the other. */
      async function renewUnder(running: Load): Promise<void> {
        const renewed = await issue();
        for (const [index, files] of mounted.entries()) {
          await files.update(renewed);
          await eventually(() => expect(current()[index]).toEqual(renewed), inAWhile('the files'));
          await running.goOnFor(20);
        }
      }

      test('a serving certificate is renewed without a failed request, and so is the authority that keeps its key', async () => {
        const running = await startLoading();
        await renewUnder(running);

        authority = await renewAuthority(authority, name);
        await writeBundle(authority.cert);
        await inEffect();
        await running.goOnFor(20);
        await renewUnder(running);
        expectAllVerified(running);
      }, 180_000);

      test('an authority is replaced by another one without a failed request while both are trusted', async () => {
        const running = await startLoading();
        const old = authority.cert;
        authority = await issueAuthority({ commonName: 'another', now: new Date(clock.now()) });
        await writeBundle(authority.cert + old);
        await inEffect();
        await renewUnder(running);
        await writeBundle(authority.cert);
        await inEffect();
        await running.goOnFor(20);
        expectAllVerified(running);
      }, 180_000);
    });
  },
  { controllerManager: false },
);
