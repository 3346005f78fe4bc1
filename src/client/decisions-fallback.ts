import type { FallbackPort } from '../admission/ask.ts';
import { createFallback, type Fallback } from '../fallback/fallback.ts';
import { steadyClock } from '../kube/clock.ts';
import type { FallbackLookup } from '../resolver/fallback.ts';
import { cacheSettings, durationMs } from '../server/fallback.ts';
import type { Settings } from '../server/settings.ts';
import type { DecisionFlags } from './open-decisions.ts';
import { openRegistriesHere, remarks } from './registries-here.ts';

/** A person can wait for a registry that is asked for the first time; an admission that asks again finds its answer. */
const patienceMs = 15_000;

/**
 * Registries, as the server asks them about images that no stream answers, but from this machine and with the person's own
 * docker configuration. Undefined where the settings have nothing asked. They are opened with the first question.
 */
export function fallbackHere(
  settings: Settings,
  flags: DecisionFlags,
  warn: (text: string) => void,
): (FallbackLookup & FallbackPort & { readonly close: () => Promise<void> }) | undefined {
  const { mode, search, pinQualified } = settings.admission().fallback;
  if (mode === 'leave' || (search.length === 0 && !pinQualified)) return undefined;
  let opening: Promise<Opened> | undefined;
  let opened: Opened | undefined;
  return {
    peek: (question) => opened?.fallback.peek(question),
    ask: async (question, signal) => {
      opened = await (opening ??= open(settings, flags, warn));
      return opened.fallback.ask(question, signal);
    },
    namesDigest: (digest) => opened?.fallback.namesDigest(digest) ?? false,
    timeoutMs: () => Math.max(patienceMs, durationMs(settings.configuration().fallback.timeout)),
    close: async () => (await opening)?.close(),
  };
}

interface Opened {
  readonly fallback: Fallback;
  readonly close: () => Promise<void>;
}

async function open(settings: Settings, flags: DecisionFlags, warn: (text: string) => void): Promise<Opened> {
  const interrupted = new AbortController().signal;
  const registries = await openRegistriesHere({ flags, warn, interrupted }, settings, undefined);
  const fallback = createFallback({
    source: registries.source,
    settings: () => cacheSettings(settings.configuration()),
    scopeKey: () => '',
    clock: steadyClock,
    random: Math.random,
    log: remarks(warn),
    onResult: () => undefined,
  });
  return {
    fallback,
    close: async () => {
      fallback.stop();
      await registries.close();
    },
  };
}
