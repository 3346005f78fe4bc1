import { createCredentialSource, type SecretSource } from '../credentials/namespace-credentials.ts';
import type { ManifestSource } from '../importer/manifest-source.ts';
import { systemClock } from '../kube/clock.ts';
import type { CredentialSource } from '../registry/credential.ts';
import { openRegistries, openServerConfig, type RegistryContext } from '../server/registries.ts';
import { noCounts } from '../server/registry-metrics.ts';
import type { Settings } from '../server/settings.ts';
import type { Log } from '../telemetry/log.ts';
import type { BackendOptions } from './options.ts';

/** Registries, asked from this machine for the person at it. */
export interface RegistriesHere {
  readonly source: ManifestSource;
  readonly close: () => Promise<void>;
}

/**
 * @param secrets the pull secrets of namespaces that may be used; undefined: only the person's own docker configuration
 * @throws when that configuration cannot be read
 */
export async function openRegistriesHere(
  { flags, warn }: BackendOptions,
  settings: Settings,
  secrets: SecretSource | undefined,
): Promise<RegistriesHere> {
  const log = remarks(warn);
  const { registryConfig, registryCerts } = flags;
  const context: RegistryContext = {
    flags: {
      ...(registryConfig === undefined ? {} : { registryConfig }),
      ...(registryCerts === undefined ? {} : { registryCerts }),
    },
    settings,
    counts: noCounts,
    log,
  };
  const serverWide = await openServerConfig(context);
  const credentials: CredentialSource = createCredentialSource({
    secrets: secrets ?? noSecrets,
    serverWide,
    clock: systemClock,
    log,
  });
  // A person waits: registries' own limits are kept to, ours are for what runs by itself.
  return openRegistries(context, credentials, { perRegistryPerMinute: () => 0 });
}

const noSecrets: SecretSource = {
  secretsOf: () => Promise.resolve({ ok: true, secrets: [], pullSecretNames: [] }),
};

/** What a server would log, as remarks for a person. */
export function remarks(warn: (text: string) => void): Log {
  const told = (fields: object, message: string) => {
    const detail = 'error' in fields && typeof fields.error === 'string' ? `: ${fields.error}` : '';
    warn(`Warning: ${message}${detail}`);
  };
  return { debug: () => undefined, info: () => undefined, warn: told, error: told };
}
