import { homedir } from 'node:os';
import { systemClock } from '../kube/clock.ts';
import { createManifestSource, type RegistrySource } from '../registry/manifest-source.ts';
import { createCredentialSource, type SecretSource } from '../credentials/namespace-credentials.ts';
import { proxiesOf } from '../registry/proxy.ts';
import { findRegistryConfig, openRegistryConfig } from '../credentials/registry-config.ts';
import { createTrust } from '../credentials/trust.ts';
import { version } from '../version.ts';
import type { ImporterContext } from './importer.ts';

export interface OpenRegistries {
  readonly source: RegistrySource;
  /** The secrets of the namespace are read anew next time. */
  readonly forgetCredentials: (namespace: string) => void;
  readonly close: () => Promise<void>;
}

/** Registries, asked with the credentials of namespaces and of the server, and with the trust that an admin gave. */
export async function openRegistries(
  context: ImporterContext & { readonly secrets: SecretSource },
): Promise<OpenRegistries> {
  const { registryConfig, registryCerts, settings, metrics, log, secrets } = context;
  const place = await findRegistryConfig(registryConfig, process.env, homedir());
  const serverWide = place === undefined ? undefined : await openRegistryConfig(place, log);
  const credentials = createCredentialSource({ secrets, serverWide, clock: systemClock, log });
  const source = createManifestSource({
    credentials,
    perRegistryPerMinute: () => settings.configuration().import.perRegistryPerMinute,
    trust: createTrust(registryCerts, { clock: systemClock, log }),
    proxies: proxiesOf(process.env),
    clock: systemClock,
    random: Math.random,
    userAgent: `pinstream/${version}`,
    onRequest: ({ operation, outcome }) => metrics.requested(operation, outcome),
  });
  return {
    source,
    forgetCredentials: (namespace) => credentials.forget(namespace),
    close: () => source.close(),
  };
}
