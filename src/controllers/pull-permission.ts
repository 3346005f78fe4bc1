import type { StreamKey } from '../importer/stream-store.ts';
import { BoundedMap } from '../kube/bounded-map.ts';
import type { Clock } from '../kube/clock.ts';

export type MayPull = (namespace: string, source: StreamKey, signal: AbortSignal) => Promise<boolean>;

const grantKeptMs = 10_000;
/** Whoever was just refused is about to be granted it, by the command that the event has. */
const refusalKeptMs = 1_000;
const keptMax = 4096;

/** Remembers answers for some seconds: many workloads of a namespace follow one tag, and are looked at one after another. */
export function rememberedPermission(mayPull: MayPull, clock: Clock): MayPull {
  const answers = new BoundedMap<string, { readonly untilMs: number; readonly isGranted: boolean }>(keptMax);
  return async (namespace, source, signal) => {
    const key = `${namespace} ${source.namespace}/${source.name}`;
    const known = answers.get(key);
    if (known !== undefined && clock.now() < known.untilMs) return known.isGranted;
    const isGranted = await mayPull(namespace, source, signal);
    answers.set(key, { untilMs: clock.now() + (isGranted ? grantKeptMs : refusalKeptMs), isGranted });
    return isGranted;
  };
}
