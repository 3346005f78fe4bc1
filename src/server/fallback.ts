import type { FallbackPort } from '../admission/ask.ts';
import { createPodCredentialSource, podScopeKey } from '../credentials/pod-credentials.ts';
import { clusterPodSecrets } from '../credentials/cluster-pod-secrets.ts';
import type { Configuration } from '../config/schema.ts';
import { createFallback, fallbackResults } from '../fallback/fallback.ts';
import type { FallbackCacheSettings } from '../fallback/settings.ts';
import { parseDuration } from '../importer/turn.ts';
import type { KubeClient } from '../kube/client.ts';
import { steadyClock, systemClock } from '../kube/clock.ts';
import type { CredentialSource } from '../registry/credential.ts';
import type { FallbackLookup } from '../resolver/fallback.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Cleanup } from './cleanup.ts';
import { reachOf } from './reach.ts';
import { openRegistries, openServerConfig, type RegistryContext } from './registries.ts';

/** Looks for images that no stream answers, and keeps what registries said. */
export async function openFallback(
  context: RegistryContext,
  podSecretsFrom: KubeClient | undefined,
  metrics: Metrics,
  cleanup: Cleanup,
): Promise<FallbackLookup & FallbackPort> {
  const { settings, log } = context;
  const registries = openRegistries(context, await credentialsOf(context, podSecretsFrom), {
    // Each name is asked for once in a while, however many Pods have it; registries' own limits are kept to.
    perRegistryPerMinute: () => 0,
    reach: (host) => reachOf(host, settings.configuration(), settings.mirrors()),
  });
  const counted = metrics.counter(
    'pinstream_fallback_lookups_total',
    'Images looked for in registries, by result.',
    { result: fallbackResults },
  );
  const fallback = createFallback({
    source: registries.source,
    settings: () => cacheSettings(settings.configuration()),
    // Without the Pods' own secrets all of them ask as the server does, and share its answers.
    scopeKey: podSecretsFrom === undefined ? () => '' : podScopeKey,
    clock: steadyClock,
    random: Math.random,
    log,
    onResult: (result) => counted({ result }),
  });
  cleanup.push(async () => {
    fallback.stop();
    await registries.close();
  });
  metrics.gauge(
    'pinstream_fallback_entries',
    'Answers of registries in memory.',
    () => fallback.counts().entries,
  );
  metrics.gauge(
    'pinstream_fallback_flights',
    'Questions to registries that are under way.',
    () => fallback.counts().flights,
  );
  return {
    peek: (question) => fallback.peek(question),
    ask: (question, signal) => fallback.ask(question, signal),
    namesDigest: (digest) => fallback.namesDigest(digest),
    timeoutMs: () => durationMs(settings.configuration().fallback.timeout),
  };
}

const cacheSettingsOf = new WeakMap<Configuration, FallbackCacheSettings>();

/** Read once for each configuration: they are asked for with every image. */
export function cacheSettings(configuration: Configuration): FallbackCacheSettings {
  const known = cacheSettingsOf.get(configuration);
  if (known !== undefined) return known;
  const { ttl, negativeTtl, maxStale, maxEntries } = configuration.fallback.cache;
  const read = {
    ttlMs: durationMs(ttl),
    negativeTtlMs: durationMs(negativeTtl),
    maxStaleMs: durationMs(maxStale),
    maxEntries,
  };
  cacheSettingsOf.set(configuration, read);
  return read;
}

/** The schema has let no other text through. */
export function durationMs(text: string): number {
  return parseDuration(text) ?? 0;
}

async function credentialsOf(
  context: RegistryContext,
  podSecretsFrom: KubeClient | undefined,
): Promise<CredentialSource> {
  const { log } = context;
  const serverWide = await openServerConfig(context);
  const secrets = podSecretsFrom && clusterPodSecrets(podSecretsFrom);
  return createPodCredentialSource({ secrets, serverWide, clock: systemClock, log });
}
