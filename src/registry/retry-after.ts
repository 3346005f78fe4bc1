import { headerOf, type HeaderFields } from './headers.ts';

/** Longer pauses are not believed: Docker Hub's window is six hours. */
const pauseMsMax = 6 * 3_600_000;
/** Some registries give a moment (seconds since 1970) where the field has a duration. */
const secondsOfAMoment = 1_000_000_000;

/** How long `Retry-After` asks to wait: seconds, or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterMs(headers: HeaderFields, nowMs: number): number | undefined {
  const text = headerOf(headers, 'retry-after').trim();
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return fromSeconds(Number(text), nowMs);
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : bounded(dateMs - nowMs);
}

/**
 * How long to leave alone a registry that says our quota is empty (`RateLimit-Remaining: 0`). `RateLimit-Reset` says
 * until when. Docker Hub gives only its rolling window ("0;w=21600"): then as long as one request of its limit takes.
 */
export function emptyQuotaMs(headers: HeaderFields, nowMs: number): number | undefined {
  const remaining = quotaOf(headerOf(headers, 'ratelimit-remaining'));
  if (remaining?.count !== 0) return undefined;
  const reset = quotaOf(headerOf(headers, 'ratelimit-reset'));
  if (reset !== undefined) return fromSeconds(reset.count, nowMs);
  if (remaining.windowSeconds === undefined) return undefined;
  const limit = quotaOf(headerOf(headers, 'ratelimit-limit'))?.count ?? 1;
  return fromSeconds(remaining.windowSeconds / Math.max(1, limit), 0);
}

function quotaOf(
  text: string,
): { readonly count: number; readonly windowSeconds: number | undefined } | undefined {
  const [, count, window] = /^\s*(\d{1,12})\s*(?:;\s*w=(\d{1,12}))?/.exec(text) ?? [];
  if (count === undefined) return undefined;
  return { count: Number(count), windowSeconds: window === undefined ? undefined : Number(window) };
}

function fromSeconds(seconds: number, nowMs: number): number {
  return bounded(seconds >= secondsOfAMoment ? seconds * 1000 - nowMs : seconds * 1000);
}

function bounded(ms: number): number {
  return Math.min(pauseMsMax, Math.max(0, ms));
}
