/**
 * When a stream's scheduled tags are looked at next, in ms since the epoch: always at the same place within the interval, a
 * different one for each stream. So turns are spread over the interval, and stay so after a restart or another leader,
 * without anybody remembering them.
 *
 * @param key which stream: "namespace/name"
 */
export function nextTurn(key: string, intervalMs: number, nowMs: number): number {
  const phase = hash(key) % intervalMs;
  const passed = (((nowMs - phase) % intervalMs) + intervalMs) % intervalMs;
  return nowMs + intervalMs - passed;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a duration as Go writes it: "90s", "15m", "1h30m"; whole ms, undefined where it is none that ends. */
export function parseDuration(text: string): number | undefined {
  // Sticky: a tenant wrote it, and a long run of digits must not be begun again at each of them.
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  const ms = parts.reduce((sum, [, count = '', unit = '']) => sum + Number(count) * (units[unit] ?? 0), 0);
  return Number.isFinite(ms) ? Math.round(ms) : undefined;
}

/** On a stream: how often its scheduled tags are looked at, such as "5m". */
export const intervalAnnotation = 'pinstream.dev/scheduled-interval';

/** Nobody may have a registry asked more often than this, unless the whole server does. */
export const intervalMsMin = 60_000;

/** A stream's own interval, else the server's. */
export function intervalOf(annotations: Readonly<Record<string, string>>, defaultMs: number): number {
  const own = parseDuration(annotations[intervalAnnotation] ?? '');
  return own === undefined ? defaultMs : Math.max(own, Math.min(intervalMsMin, defaultMs));
}
