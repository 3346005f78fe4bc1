import type { WholeStream } from '../imagestream/whole-stream.ts';

/**
 * What people and pipelines ask of the importer, as annotations of a stream: `TOKEN [TAG …]`, separated by spaces. The
 * token is any word, such as the time; a request is new while its token has not been answered in status
 * (docs/importing.md).
 */
export const requestAnnotations = {
  /** Import these tags now; without tags, all that come from a registry. */
  import: 'pinstream.dev/import-requested',
  /** Forget these tags with their history, where `spec.tags` no longer has them. */
  delete: 'pinstream.dev/delete-requested',
  /** Look whether what these tags stand for is still in its registry; without tags, all. TAG@DIGEST: an older image of a tag. */
  check: 'pinstream.dev/check-requested',
} as const;

export interface Request {
  readonly token: string;
  /** Empty: all. */
  readonly tags: ReadonlySet<string>;
}

/** Reads one of the requests; undefined where there is none. */
export function requestOf(
  { metadata }: WholeStream,
  which: keyof typeof requestAnnotations,
): Request | undefined {
  const [token, ...tags] = (metadata.annotations[requestAnnotations[which]] ?? '')
    .split(/\s+/)
    .filter(Boolean);
  return token === undefined ? undefined : { token, tags: new Set(tags) };
}

/** Whether the request is for this tag. */
export function concerns(request: Request | undefined, tag: string): request is Request {
  return request !== undefined && (request.tags.size === 0 || request.tags.has(tag));
}
