import type { KubeClient, View } from './client.ts';
import { isObject, objectAt, stringAt } from '../json/untyped.ts';
import { TransportError } from './transport-error.ts';

export interface ListOptions {
  readonly signal: AbortSignal;
  /** Called for each object of each page, in order. */
  readonly put: (raw: unknown) => void;
  /** Called after each page. */
  readonly onPage?: () => void;
  readonly view?: View;
  /** How many objects to ask for at once; 500 unless told. */
  readonly pageSize?: number;
}

/** As kubectl and client-go have it. */
const usualPageSize = 500;

/**
 * Reads a whole collection in pages and gives the `resourceVersion` to watch from; a page is on its way while the one before it is put.
 * A page over the client's size limit is asked for again in smaller pages. Throws as `client.get`; a StatusError 410 in the middle
 * means that the list must be started over, because what the pages were cut from is gone.
 */
export async function listPages(client: KubeClient, path: string, options: ListOptions): Promise<string> {
  const { signal, view, put, onPage } = options;
  let { pageSize = usualPageSize } = options;
  const ask = async (token: string): Promise<Page> => {
    for (;;) {
      try {
        return pageOf(path, await client.get(queryOf(path, pageSize, token), signal, view));
      } catch (error) {
        if (!isTooLarge(error) || pageSize === 1) throw error;
        pageSize = Math.floor(pageSize / 2);
      }
    }
  };
  let asked = ask('');
  for (;;) {
    const { items, next, resourceVersion } = await asked;
    if (next !== undefined) {
      asked = ask(next);
      // Should it fail meanwhile, that is said where it is awaited.
      asked.catch(() => undefined);
    }
    for (const item of items) put(item);
    onPage?.();
    if (next === undefined) return resourceVersion;
  }
}

interface Page {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

function pageOf(path: string, body: unknown): Page {
  const metadata = objectAt(body, 'metadata');
  const resourceVersion = stringAt(metadata, 'resourceVersion');
  // Go writes an empty slice that was never made as null.
  const items: unknown = isObject(body) ? (body.items ?? []) : undefined;
  if (!Array.isArray(items) || resourceVersion === undefined) {
    throw new TransportError('malformed', `GET ${path}: the answer is not a list`);
  }
  return { items, resourceVersion, next: stringAt(metadata, 'continue') };
}

function queryOf(path: string, pageSize: number, token: string): string {
  const query = new URLSearchParams({
    limit: String(pageSize),
    ...(token === '' ? {} : { continue: token }),
  });
  return `${path}?${query.toString()}`;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof TransportError && error.kind === 'tooLarge';
}
