import { homedir } from 'node:os';
import {
  findRegistryConfig,
  openRegistryConfig,
  type RegistryConfig,
} from '../credentials/registry-config.ts';
import { createTrust } from '../credentials/trust.ts';
import type { ServerFlags } from '../cli/server-flags.ts';
import type { ManifestSource } from '../importer/manifest-source.ts';
import { systemClock } from '../kube/clock.ts';
import { placesOf } from '../policy/mirrors.ts';
import { coversRegistry } from '../policy/registry-rules.ts';
import type { CredentialSource } from '../registry/credential.ts';
import { createManifestSource } from '../registry/manifest-source.ts';
import { createMirroredSource, type Place } from '../registry/mirrored-source.ts';
import type { RegistryOptions } from '../registry/options.ts';
import { proxiesOf } from '../registry/proxy.ts';
import type { Log } from '../telemetry/log.ts';
import { version } from '../version.ts';
import type { RegistryCounts } from './registry-metrics.ts';
import type { Settings } from './settings.ts';

/** What every part of a process that asks registries has in common. */
export interface RegistryContext {
  readonly flags: Pick<ServerFlags, 'registryConfig' | 'registryCerts'>;
  readonly settings: Settings;
  readonly counts: RegistryCounts;
  readonly log: Log;
}

/** The server's own docker configuration, if there is one. */
export async function openServerConfig({ flags, log }: RegistryContext): Promise<RegistryConfig | undefined> {
  const place = await findRegistryConfig(flags.registryConfig, process.env, homedir());
  return place === undefined ? undefined : openRegistryConfig(place, log);
}

export interface OpenRegistries {
  readonly source: ManifestSource;
  readonly close: () => Promise<void>;
}

/** Registries with the trust, the proxies and the mirrors that an admin gave. */
export function openRegistries(
  { flags, settings, counts, log }: RegistryContext,
  credentials: CredentialSource,
  limits: Pick<RegistryOptions, 'perRegistryPerMinute' | 'reach'>,
): OpenRegistries {
  const source = createManifestSource({
    ...limits,
    credentials,
    trust: createTrust(flags.registryCerts, { clock: systemClock, log }),
    proxies: proxiesOf(process.env),
    clock: systemClock,
    random: Math.random,
    userAgent: `pinstream/${version}`,
    onRequest: counts.requested,
  });
  const unwatch = counts.watchPaused(() => source.paused());
  const isInsecure = ({ registry, repository }: Place) =>
    coversRegistry(settings.configuration().registrySources.insecureRegistries, {
      registry,
      namespace: '',
      name: repository,
      tag: '',
      id: '',
    });
  return {
    source: createMirroredSource(source, {
      placesOf: (place, isDigest) => placesOf(place, isDigest, settings.mirrors()),
      insecure: isInsecure,
    }),
    close: () => {
      unwatch();
      return source.close();
    },
  };
}
