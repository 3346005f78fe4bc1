import { readWholeStream, type WholeStream } from '../imagestream/whole-stream.ts';
import { concerns, requestAnnotations, requestOf, type Request } from '../importer/requests.ts';
import type { JsonObject } from '../json/untyped.ts';
import { withAnnotation } from './stream-object.ts';

/** What the importer of a cluster is asked for, by annotations of a stream (docs/importing.md). */
export type RequestKind = keyof typeof requestAnnotations;

/**
 * The stream with a request. What others have asked for and is not answered yet is asked for again, under the new token, so
 * that no request is lost.
 *
 * @param tags empty: all
 * @param before the stream as it is stored, where `raw` changes it; what it has not been asked for is not pending
 */
export function withRequest(
  raw: JsonObject,
  kind: RequestKind,
  token: string,
  tags: readonly string[],
  before: JsonObject | undefined = raw,
): JsonObject {
  const stream = readWholeStream(before);
  const pending = pendingTags(stream, kind);
  const isAll = (tags.length === 0 || pending === 'all') && kind !== 'delete';
  const named = new Set([...tags, ...(pending === 'all' ? [] : pending)]);
  const asked = isAll ? unlessCovered(stream, named) : named;
  return withAnnotation(raw, requestAnnotations[kind], [token, ...asked].join(' '));
}

/** All tags are asked for by naming none; older images (TAG@DIGEST) are not among them, and so the tags are named beside those. */
function unlessCovered({ status }: WholeStream, named: ReadonlySet<string>): readonly string[] {
  const older = [...named].filter((name) => name.includes('@'));
  return older.length === 0 ? [] : [...status.tags.map(({ tag }) => tag), ...older];
}

/** Whether the request for a tag has been answered, whoever asked after us (the last request may have taken ours along). */
export function isAnswered(stream: WholeStream, token: string, tag: string): boolean {
  const observed = stream.status.tags.find((status) => status.tag === tag)?.observed?.requestedAt;
  return isReplied(requestOf(stream, 'import'), observed, token, tag);
}

/** The same for the whole repository. */
export function isRepositoryAnswered(stream: WholeStream, token: string): boolean {
  const request = requestOf(stream, 'import');
  return isReplied(request, stream.status.observed?.repository?.requestedAt, token, '');
}

/** The same for a request that is answered as a whole. */
export function isWholeAnswered(stream: WholeStream, kind: 'check' | 'delete', token: string): boolean {
  const { checkRequestedAt, deleteRequestedAt } = stream.status.observed ?? {};
  const observed = kind === 'check' ? checkRequestedAt : deleteRequestedAt;
  return observed === token || observed === requestOf(stream, kind)?.token;
}

function isReplied(
  request: Request | undefined,
  observed: string | undefined,
  token: string,
  tag: string,
): boolean {
  if (observed === token) return true;
  if (request === undefined || request.token === token) return false;
  return !concerns(request, tag) || observed === request.token;
}

function pendingTags(stream: WholeStream, kind: RequestKind): 'all' | readonly string[] {
  const request = requestOf(stream, kind);
  if (request === undefined) return [];
  if (kind === 'import') {
    if (request.tags.size === 0) return isAllAnswered(stream, request.token) ? [] : 'all';
    return [...request.tags].filter((tag) => !isAnswered(stream, request.token, tag));
  }
  if (isWholeAnswered(stream, kind, request.token)) return [];
  return request.tags.size === 0 ? 'all' : [...request.tags];
}

function isAllAnswered(stream: WholeStream, token: string): boolean {
  const sources = stream.spec.tags.filter(({ from }) => from !== undefined);
  const isRepository = stream.spec.dockerImageRepository !== '';
  return (
    sources.every(({ name }) => isAnswered(stream, token, name)) &&
    (!isRepository || isRepositoryAnswered(stream, token))
  );
}
