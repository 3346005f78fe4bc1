import { watchChanges } from '../certs/changes.ts';
import { startFileSource } from '../certs/file-source.ts';
import { selfSigned } from '../certs/issue.ts';
import type { KeeperOptions } from '../certs/keeper.ts';
import { startSelfManaged } from '../certs/self-managed.ts';
import { fixedSource, type ExpiringSource } from '../certs/served-pair.ts';
import type { ServerFlags } from '../cli/server-flags.ts';
import type { KubeClient } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Cleanup } from './cleanup.ts';
import { names } from './names.ts';
import { ownNamespace } from './namespace.ts';

/** Files, if given; in a cluster a pair that the replicas share; else one made for this run. */
export async function openCertificates(
  flags: ServerFlags,
  host: string,
  client: KubeClient | undefined,
  log: Log,
  cleanup: Cleanup,
): Promise<ExpiringSource> {
  const source = await certificateSource(flags, host, client, log);
  cleanup.push(() => {
    source.stop();
  });
  return source;
}

async function certificateSource(
  { tlsCertFile: certFile, tlsPrivateKeyFile: keyFile }: ServerFlags,
  host: string,
  client: KubeClient | undefined,
  log: Log,
): Promise<ExpiringSource> {
  if (certFile !== undefined && keyFile !== undefined) {
    return startFileSource({ certFile, keyFile, clock: systemClock, log });
  }
  if (certFile !== undefined || keyFile !== undefined) {
    throw new Error('--tls-cert-file and --tls-private-key-file go together: give both, or neither');
  }
  const namespace = client === undefined ? undefined : await ownNamespace();
  if (client === undefined || namespace === undefined) {
    return fixedSource(await selfSigned({ host, now: new Date() }));
  }
  const kept: KeeperOptions = {
    client,
    namespace,
    secretName: names.secret,
    serviceName: names.service,
    webhookConfigurations: [
      { kind: 'MutatingWebhookConfiguration', name: names.configuration },
      // Installed only with rules; that they are without it is said by validation-check.ts.
      { kind: 'ValidatingWebhookConfiguration', name: names.configuration, optional: true },
    ],
    clock: systemClock,
    log,
  };
  return startSelfManaged({
    ...kept,
    signal: new AbortController().signal,
    changes: (onChange, signal) => watchChanges({ ...kept, random: Math.random, onChange, signal }),
  });
}
