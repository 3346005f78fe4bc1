import type { Resource } from './resource.ts';
import { StatusError } from './status-error.ts';
import { reasonOf, TransportError } from './transport-error.ts';

/** Answers after which the same watch may be asked for again: the server is busy or away, our position is still good. */
const passingCodes: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Whether a list failed because the cluster does not have the resource (no CRD, no aggregated API). */
export function isNotServed(error: unknown): boolean {
  return error instanceof StatusError && error.code === 404;
}

/**
 * Whether a watch may resume from its resourceVersion after `error`. Not after a refusal (410 above all: that version is
 * compacted away), and not after an event that could not be read, which would only come again.
 */
export function maySurviveInPlace(error: unknown): boolean {
  if (error instanceof StatusError) return passingCodes.has(error.code);
  if (error instanceof TransportError) return error.kind !== 'malformed' && error.kind !== 'tooLarge';
  return false;
}

/** One line for logs and the dry run's notes: what could not be done, why, and the way out where there is one. */
export function describeFailure(verb: 'list' | 'watch', resource: Resource, error: unknown): string {
  const what = `cannot ${verb} ${resource.name}`;
  if (!(error instanceof StatusError)) return `${what}: ${reasonOf(error)}`;
  if (error.code === 403) return `${what}: forbidden: ${error.message}; ${resource.grantedBy} grants it`;
  if (error.code === 410) return `${what} from where it ended: ${error.message}; listing again`;
  return `${what}: ${error.message}`;
}
