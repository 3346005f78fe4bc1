import { homedir } from 'node:os';
import { systemClock } from '../kube/clock.ts';
import { createManifestSource, type RegistrySource } from '../registry/manifest-source.ts';
import { createCredentialSource, type SecretSource } from '../registry/namespace-credentials.ts';
import { findRegistryConfig, openRegistryConfig } from '../registry/registry-config.ts';
import { createTrust } from '../registry/trust.ts';
import { version } from '../version.ts';
import type { ImporterContext } from './importer.ts';

/** Registries, asked with the credentials of namespaces and of the server, and with the trust that an admin gave. */
export async function openRegistries(
  context: ImporterContext & { readonly secrets: SecretSource },
): Promise<{ readonly source: RegistrySource; readonly close: () => Promise<void> }> {
  const { registryConfig, registryCerts, settings, metrics, log, secrets } = context;
  const place = await findRegistryConfig(registryConfig, process.env, homedir());
  const serverWide = place === undefined ? undefined : await openRegistryConfig(place, log);
  const source = createManifestSource({
    credentials: createCredentialSource({ secrets, serverWide, clock: systemClock, log }),
    perRegistryPerMinute: () => settings.configuration().import.perRegistryPerMinute,
    trust: createTrust(registryCerts, { clock: systemClock, log }),
    clock: systemClock,
    random: Math.random,
    userAgent: `pinstream/${version}`,
    onRequest: ({ operation, outcome }) => metrics.requested(operation, outcome),
  });
  return { source, close: () => source.close() };
}
