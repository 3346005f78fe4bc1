import { setTimeout as delay } from 'node:timers/promises';
import { request, type Dispatcher } from 'undici';
import { linesOf, readUpTo } from './body.ts';
import type { KubeClient, PatchType, View, WatchEvent } from './client.ts';
import { errorOfAnswer, errorOfStatus } from './failure.ts';
import { isObject } from '../json/untyped.ts';
import { StatusError } from './status-error.ts';
import { startTimeLimit, type TimeLimit } from './time-limit.ts';
import { reasonOf, TransportError } from './transport-error.ts';

/** How one request shows who it is: asked for anew each time, so that tokens and certificates may rotate. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

export interface HttpClientOptions {
  /** Where the API is, with the path prefix that it may have. */
  readonly server: string;
  readonly credentials: () => Promise<Credentials>;
  readonly userAgent: string;
  /** On every request: who to act as, for example. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Told of every answer. */
  readonly onAnswer?: (answer: AnswerNote) => void;
  /** For a whole answer, and for a watch to open; 30 s unless told. */
  readonly deadlineMs?: number;
  /** The largest answer; 64 MiB unless told: 500 objects of a list page at 128 KiB each. */
  readonly bodyBytesMax?: number;
  /** The largest watch event; 8 MiB unless told: etcd holds 1.5 MiB an object, and JSON is larger than protobuf. */
  readonly lineBytesMax?: number;
}

/** One answer of the API server, for whoever wants to see what was asked. */
export interface AnswerNote {
  readonly method: string;
  readonly url: string;
  readonly code: number;
  readonly ms: number;
  /** What the server, or an admission webhook, wants people to know. */
  readonly warnings: readonly string[];
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object | undefined;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

const errorBodyBytesMax = 64 * 1024;
const busyRetriesMax = 3;
const busyPauseMsMax = 5000;
const patchContentTypes: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** The API's own way to leave out everything but metadata; a server that does not know it sends whole objects. */
const partial = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
const listAccepts: Readonly<Record<View, string>> = {
  objects: 'application/json',
  metadata: partial('PartialObjectMetadataList'),
};
const watchAccepts: Readonly<Record<View, string>> = {
  objects: 'application/json',
  metadata: partial('PartialObjectMetadata'),
};

/** A KubeClient on undici. HTTP failures become StatusErrors, everything else TransportErrors; both name server and path. */
export function createHttpClient(options: HttpClientOptions): KubeClient {
  return {
    get: (path, signal, view = 'objects') =>
      exchange(options, { method: 'GET', path, signal, accept: listAccepts[view] }),
    create: (path, body) => exchange(options, { method: 'POST', path, body }),
    replace: (path, body) => exchange(options, { method: 'PUT', path, body }),
    patch: (path, body, type) =>
      exchange(options, { method: 'PATCH', path, body, contentType: patchContentTypes[type] }),
    delete: (path, body) => exchange(options, { method: 'DELETE', path, body }),
    watch: (path, signal, view = 'objects') =>
      watch(options, { method: 'GET', path, signal, accept: watchAccepts[view] }),
  };
}

async function exchange(options: HttpClientOptions, call: Call): Promise<unknown> {
  const { deadlineMs = 30_000, bodyBytesMax = 64 * 1024 * 1024 } = options;
  const where = whereOf(options, call);
  const limit = startTimeLimit(deadlineMs, call.signal);
  try {
    const { body } = await open(options, call, limit);
    const { text, complete } = await readUpTo(body, bodyBytesMax);
    if (!complete) throw new TransportError('tooLarge', `the answer is over ${bodyBytesMax} bytes`);
    return parse(text);
  } catch (error) {
    throw explain(error, where, limit, deadlineMs);
  } finally {
    limit.release();
  }
}

async function* watch(options: HttpClientOptions, call: Call): AsyncGenerator<WatchEvent> {
  const { deadlineMs = 30_000, lineBytesMax = 8 * 1024 * 1024 } = options;
  const where = whereOf(options, call);
  const limit = startTimeLimit(deadlineMs, call.signal);
  try {
    const { body } = await open(options, call, limit);
    limit.lift();
    for await (const line of linesOf(body, lineBytesMax)) {
      // Only a failure is ever shown.
      const isFailure = line.startsWith('{"type":"ERROR"');
      yield eventOf(where, isFailure ? await withoutToken(options, line) : line);
    }
  } catch (error) {
    throw explain(error, where, limit, deadlineMs);
  } finally {
    limit.release();
  }
}

/**
 * Sends the request and reads a failure; a success comes back with its body unread. A server that is busy for a moment
 * (429: priority and fairness, a storage that is just being set up) is asked again when it says so, as client-go does.
 */
async function open(
  options: HttpClientOptions,
  call: Call,
  limit: TimeLimit,
): Promise<Dispatcher.ResponseData> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(options, call, limit);
    if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
    const { text } = await readUpTo(answer.body, errorBodyBytesMax);
    const pauseMs = pauseAskedMs(answer);
    if (attempt > busyRetriesMax || !(pauseMs <= busyPauseMsMax)) {
      throw errorOfAnswer(whereOf(options, call), answer.statusCode, await withoutToken(options, text));
    }
    await delay(pauseMs, undefined, { signal: limit.signal });
  }
}

async function send(
  options: HttpClientOptions,
  call: Call,
  limit: TimeLimit,
): Promise<Dispatcher.ResponseData> {
  const { headers, dispatcher } = await limit.race(options.credentials());
  const content = call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' };
  const url = options.server.replace(/(?<!\/)\/+$/, '') + call.path;
  const started = performance.now();
  const answer = await request(url, {
    method: call.method,
    headers: {
      accept: call.accept ?? 'application/json',
      'user-agent': options.userAgent,
      ...content,
      ...options.headers,
      ...headers,
    },
    body: call.body === undefined ? null : JSON.stringify(call.body),
    dispatcher,
    signal: limit.signal,
    // Our own limit covers these two, and a quiet watch is no failure.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  options.onAnswer?.({
    method: call.method,
    url,
    code: answer.statusCode,
    ms: Math.round(performance.now() - started),
    warnings: warningsOf(answer.headers.warning),
  });
  return answer;
}

/** A failure's text goes into logs: should somebody between here and there say back what we sent, our token is not in it. */
async function withoutToken(options: HttpClientOptions, text: string): Promise<string> {
  const { headers } = await options.credentials();
  const [, shown = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization') ?? [];
  const token = shown.replace(/^\S+ /, '');
  return token === '' ? text : text.replaceAll(token, '[hidden]');
}

/** `299 - "text"`, as often as there are texts (RFC 7234 5.5). */
function warningsOf(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(', ') : (header ?? '');
  return [...text.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) =>
    quoted.replace(/\\(.)/g, '$1'),
  );
}

function pauseAskedMs({ statusCode, headers }: Dispatcher.ResponseData): number {
  const seconds = headers['retry-after'];
  return statusCode === 429 && typeof seconds === 'string' ? Number(seconds) * 1000 : Infinity;
}

function eventOf(where: string, line: string): WatchEvent {
  const event = parse(line);
  if (isObject(event)) {
    const { type, object } = event;
    if (type === 'ERROR') throw errorOfStatus(where, object);
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK')
      return { type, object };
  }
  throw new TransportError('malformed', 'not a watch event');
}

/** The parser's own message would quote the text, and that may be a Secret. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TransportError('malformed', 'the answer is not JSON');
  }
}

function explain(error: unknown, where: string, limit: TimeLimit, deadlineMs: number): Error {
  if (error instanceof StatusError) return error;
  if (error instanceof TransportError) return new TransportError(error.kind, `${where}: ${error.message}`);
  if (limit.expired()) return new TransportError('deadline', `${where}: no answer within ${deadlineMs} ms`);
  if (limit.signal.aborted) return new TransportError('aborted', `${where}: given up`);
  return new TransportError('io', `${where}: ${reasonOf(error)}`, { cause: error });
}

/** Without the query: a continue token is long and says nothing. */
function whereOf({ server }: HttpClientOptions, { method, path }: Call): string {
  return `${method} ${server.replace(/(?<!\/)\/+$/, '')}${path.split('?', 1)[0] ?? ''}`;
}
