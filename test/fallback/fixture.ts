import { createFallback, type Fallback, type FallbackResult } from '../../src/fallback/fallback.ts';
import type { FallbackCacheSettings } from '../../src/fallback/settings.ts';
import type { ManifestQuery } from '../../src/importer/manifest-source.ts';
import type { RegistryAnswer } from '../../src/oci/failure.ts';
import { withDockerDefaults } from '../../src/reference/docker-defaults.ts';
import { parseReference } from '../../src/reference/parse.ts';
import type { Candidate, FallbackQuestion, PullSecretScope } from '../../src/resolver/fallback.ts';
import { ScriptedRegistry } from '../importer/scripted-registry.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { turns } from '../support/turns.ts';

export const never = new AbortController().signal;

/** Registries whose answers a test may hold back. */
export class HeldRegistry extends ScriptedRegistry {
  readonly #gates = new Map<string, PromiseWithResolvers<undefined>>();

  /** What begins with `prefix` is answered only after `release`, with what was there when it was asked. */
  hold(prefix: string): this {
    this.#gates.set(prefix, Promise.withResolvers());
    return this;
  }

  async release(prefix: string): Promise<void> {
    this.#gates.get(prefix)?.resolve(undefined);
    this.#gates.delete(prefix);
    await turns(2);
  }

  override async digest(query: ManifestQuery, signal: AbortSignal): Promise<RegistryAnswer<string>> {
    const place = `${query.registry}/${query.repository}`;
    const gate = [...this.#gates].find(([prefix]) => place.startsWith(prefix))?.[1];
    const answer = await super.digest(query, signal);
    await gate?.promise;
    return answer;
  }
}

export interface Fixture {
  readonly fallback: Fallback;
  readonly registry: HeldRegistry;
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof createRecordingLog>;
  /** May be changed by the test. */
  readonly settings: { -readonly [K in keyof FallbackCacheSettings]: FallbackCacheSettings[K] };
  /** The results since the last call. */
  readonly takeResults: () => FallbackResult[];
  /** Moves time on in small steps, so that whatever is due in between happens when it is due. */
  readonly pass: (ms: number) => Promise<void>;
}

export const seconds = (count: number): number => count * 1000;
export const hours = (count: number): number => count * 3_600_000;

/** A minute, ten seconds for what is not there, a day for what is stale; no jitter: a retry comes after half of its step. */
export function createFixture(changes: Partial<FallbackCacheSettings> = {}): Fixture {
  const clock = createFakeClock();
  const log = createRecordingLog();
  const registry = new HeldRegistry();
  const settings = {
    ttlMs: seconds(60),
    negativeTtlMs: seconds(10),
    maxStaleMs: hours(24),
    maxEntries: 10_000,
    ...changes,
  };
  const results: FallbackResult[] = [];
  const fallback = createFallback({
    source: registry,
    scopeKey: ({ namespace, serviceAccount, names }) =>
      namespace === '' ? '' : JSON.stringify([namespace, serviceAccount, names]),
    settings: () => settings,
    clock,
    random: () => 0,
    log,
    onResult: (result) => results.push(result),
  });
  return {
    fallback,
    registry,
    clock,
    log,
    settings,
    takeResults: () => results.splice(0),
    pass: async (ms) => {
      const stepMs = 500;
      for (let left = ms; left > 0; left -= stepMs) {
        clock.advance(Math.min(left, stepMs));
        await turns(1);
      }
    },
  };
}

export const nobody: PullSecretScope = { namespace: '', serviceAccount: '', names: [] };

/** An image such as "reg-a.test/web:1". */
export function candidate(image: string, insecure = false): Candidate {
  const parsed = parseReference(image);
  if (!parsed.ok) throw new Error(`${image}: ${parsed.error}`);
  return { reference: withDockerDefaults(parsed.reference), insecure };
}

export function question(images: readonly string[], credentials = nobody): FallbackQuestion {
  return { candidates: images.map((image) => candidate(image)), credentials };
}
