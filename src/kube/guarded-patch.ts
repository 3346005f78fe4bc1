import type { KubeClient } from './client.ts';
import { StatusError } from './status-error.ts';
import { reasonOf, TransportError } from './transport-error.ts';

/** What became of a patch. It names the `resourceVersion` that it was made for, so it is written whole or not at all. */
export type PatchOutcome =
  | { readonly kind: 'written'; readonly object: unknown }
  /** Somebody wrote in between: read again and decide anew. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'gone' }
  /** The API server or an admission webhook says no, and will until something else changes. */
  | { readonly kind: 'refused'; readonly message: string }
  /** No answer, or one that time mends; it may have been written all the same. */
  | { readonly kind: 'failed'; readonly message: string };

export const patchOutcomes = [
  'written',
  'conflict',
  'gone',
  'refused',
  'failed',
] as const satisfies readonly PatchOutcome['kind'][];

/** Refusals that are not about the object: who asks, how much is asked, how long it took. */
const passingCodes: ReadonlySet<number> = new Set([401, 408, 425, 429]);

/** Sends a strategic merge patch to a built-in object. Errors that are bugs are thrown. */
export async function guardedPatch(client: KubeClient, path: string, patch: object): Promise<PatchOutcome> {
  try {
    return { kind: 'written', object: await client.patch(path, patch, 'strategic') };
  } catch (error) {
    if (error instanceof TransportError) return { kind: 'failed', message: reasonOf(error) };
    if (!(error instanceof StatusError)) throw error;
    if (error.code === 409) return { kind: 'conflict' };
    if (error.code === 404) return { kind: 'gone' };
    const passes = error.code >= 500 || passingCodes.has(error.code) || lacksRight(error);
    return { kind: passes ? 'failed' : 'refused', message: error.said };
  }
}

/** It is about who asks: rights may be granted, and an API server that has just started knows nobody's yet. */
function lacksRight({ code, said }: StatusError): boolean {
  return code === 403 && said.includes(' cannot patch resource ');
}
