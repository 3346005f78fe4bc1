import { request, type Dispatcher } from 'undici';
import { causeOfError, isBrokenConnection } from './transport-failure.ts';
import { failed, type Outcome } from './cause.ts';
import type { Connections, Route } from './connections.ts';
import { OverDeadline } from './deadline.ts';
import { headerOf, type HeaderFields } from './headers.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The largest body of a good answer; of others at most 64 KiB are read. */
  readonly bytesMax: number;
}

export interface HttpAnswer {
  readonly url: URL;
  readonly status: number;
  readonly headers: HeaderFields;
  readonly bytes: Buffer;
}

const errorBytesMax = 64 * 1024;

/**
 * Sends one request and reads its answer, whatever its status. Redirects are not followed here. A signal that aborts for
 * another reason than its deadline makes it throw that reason.
 */
export async function sendOnce(
  connections: Connections,
  call: HttpRequest,
  route: Route,
  signal: AbortSignal,
): Promise<Outcome<HttpAnswer>> {
  try {
    return await readAnswer(call, await open(connections, call, route, signal));
  } catch (error) {
    if (signal.aborted && !(signal.reason instanceof OverDeadline)) throw signal.reason;
    if (signal.aborted)
      return failed({ kind: 'timeout', detail: `${call.url.host}: no complete answer in time` });
    return failed(causeOfError(error, call.url.host));
  }
}

/**
 * A kept connection that the other side closed just now breaks the request before anything was answered: asked once more,
 * on another connection.
 */
async function open(
  connections: Connections,
  { method, url, headers, body }: HttpRequest,
  route: Route,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const send = (): Promise<Dispatcher.ResponseData> =>
    request(url, {
      method,
      dispatcher: connections.of(url.origin, route),
      // A compressed answer of a kilobyte could be a gigabyte.
      headers: { ...headers, 'accept-encoding': 'identity' },
      body: body ?? null,
      // Otherwise undici closes the connection after every HEAD, and a round over unchanged tags is all handshakes.
      reset: false,
      signal,
    });
  try {
    return await send();
  } catch (error) {
    if (signal.aborted || method === 'POST' || !isBrokenConnection(error)) throw error;
    return send();
  }
}

async function readAnswer(
  call: HttpRequest,
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
): Promise<Outcome<HttpAnswer>> {
  const { url } = call;
  const encoding = headerOf(headers, 'content-encoding').trim().toLowerCase();
  if (encoding !== '' && encoding !== 'identity') {
    body.on('error', () => undefined).destroy();
    return failed({ kind: 'malformed', detail: `${url.host} answered compressed, which was not asked for` });
  }
  const isGood = status >= 200 && status < 300;
  const bytesMax = isGood ? call.bytesMax : errorBytesMax;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > bytesMax) break;
  }
  if (size > bytesMax && isGood) {
    return failed({ kind: 'tooLarge', detail: `${url.host} sent more than ${bytesMax} bytes` });
  }
  return {
    ok: true,
    value: { url, status, headers, bytes: Buffer.concat(chunks).subarray(0, bytesMax) },
  };
}
