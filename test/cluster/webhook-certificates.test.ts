import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';
import { splitCertificates } from '../../src/certs/inspect.ts';
import { authorityDays, backdatedMs, issueAuthority, issueServing } from '../../src/certs/issue.ts';
import type { KeeperOptions } from '../../src/certs/keeper.ts';
import { formatMaterial, parseMaterial, type Material } from '../../src/certs/material.ts';
import { overlapMs, settleMs } from '../../src/certs/rotation.ts';
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
import { startReplica, type Replica } from './webhook-certificates/replica.ts';

const intervalMs = 60_000;
const day = 24 * 3_600_000;
const secretPath = `/api/v1/namespaces/${system}/secrets/pinstream-webhook-tls`;
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
  'self-managed certificates of two replicas, verified by a real API server',
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

    /** Starts both at once and waits until the API server is content with both. */
    async function start(): Promise<Load> {
      const options: KeeperOptions = {
        client: webhook.client,
        namespace: system,
        secretName: 'pinstream-webhook-tls',
        serviceName,
        webhookConfigurations: [{ kind: 'MutatingWebhookConfiguration', name: 'pinstream' }],
        clock,
        log,
      };
      replicas = await Promise.all([startReplica(options), startReplica(options)]);
      await apply(mutating(replicas.map(({ port }) => port)));
      await nextPass();
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

    async function trustedAuthorities(): Promise<number> {
      const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pinstream';
      const configuration = await admin.client.get(path);
      const webhooks: unknown[] = isObject(configuration) ? [configuration.webhooks].flat() : [];
      const bundles = new Set(webhooks.map((entry) => objectAt(entry, 'clientConfig').caBundle));
      expect(bundles.size).toBe(1);
      return splitCertificates(Buffer.from(String([...bundles][0]), 'base64').toString()).length;
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
      const dnsNames = ['svc', '', 'svc.cluster.local'].map((end) =>
        [serviceName, system, end].filter(Boolean).join('.'),
      );
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
  },
  { controllerManager: false },
);
