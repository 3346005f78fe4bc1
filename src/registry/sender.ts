import { failed, type Cause, type Outcome } from './cause.ts';
import { createConnections } from './connections.ts';
import { emptyQuotaMs, retryAfterMs } from './retry-after.ts';
import type { Scheme } from './hosts.ts';
import type { Operation } from './operation.ts';
import type { RegistryOptions, RequestEvent, Timeouts } from './options.ts';
import type { Reach } from './public-lookup.ts';
import { sendFollowing } from './redirect.ts';
import { sendOnce, type HttpAnswer, type HttpRequest } from './transport.ts';
import { asUrl } from './url.ts';

/** One request of the registry protocol, wherever the registry is reached. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD';
  /** Path and query. */
  readonly target: string;
  readonly accept: string;
  readonly bytesMax: number;
}

/** HTTP with the registry and its token service: trust, schemes, redirects, counting, pauses that they ask for. */
export interface Sender {
  send(
    operation: Operation,
    request: RegistryRequest,
    authorization: string | undefined,
  ): Promise<Outcome<HttpAnswer>>;
  /** To the token service; `signal` is the flight's own. */
  sendToken(operation: Operation, request: HttpRequest, signal: AbortSignal): Promise<Outcome<HttpAnswer>>;
  requests(): number;
  close(): Promise<void>;
}

const perOriginMax = 8;
/** After a 429 that does not say for how long. */
const defaultPauseMs = 10_000;

export function createSender(options: RegistryOptions, timeouts: Timeouts): Sender {
  const { clock, userAgent, proxies, lookup } = options;
  const connections = createConnections({ ...timeouts, perOriginMax, proxies, lookup });
  let sent = 0;

  const observe = (operation: Operation, { status, headers }: HttpAnswer): void => {
    const { limiter } = operation.host;
    const askedMs = retryAfterMs(headers, clock.now());
    if (status === 429) limiter.pause(askedMs ?? defaultPauseMs);
    else if (status === 503 && askedMs !== undefined) limiter.pause(askedMs);
    const emptyMs = emptyQuotaMs(headers, clock.now());
    if (emptyMs !== undefined) limiter.exhaust(emptyMs);
  };

  /** The registry's own authorities also count for where it sends us, as with Docker: its token service, its storage. */
  const authoritiesFor = async ({ host }: Operation, target: string): Promise<readonly string[]> => {
    const own = await options.trust(host.name);
    return target === host.name ? own : [...new Set([...own, ...(await options.trust(target))])];
  };

  /** The registry is judged by its name as it is written, with a port that its URL leaves out, since admins list it so. */
  const reachOf = ({ host }: Operation, { protocol, host: target }: URL): Reach => {
    const own = asUrl(`${protocol}//${host.name}`)?.host;
    return options.reach?.(target === own ? host.name : target) ?? 'anywhere';
  };

  const sendCounted = async (
    operation: Operation,
    purpose: RequestEvent['operation'],
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<Outcome<HttpAnswer>> => {
    let authorities: readonly string[];
    try {
      authorities = await authoritiesFor(operation, request.url.host);
    } catch {
      const detail = `the authorities (--registry-certs) for ${request.url.host} cannot be read`;
      return failed({ kind: 'tls', detail });
    }
    sent += 1;
    const headers = { ...request.headers, 'user-agent': userAgent };
    const route = { insecure: operation.query.insecure, authorities, reach: reachOf(operation, request.url) };
    const startedMs = clock.now();
    const outcome = await sendOnce(connections, { ...request, headers }, route, signal);
    options.onRequest?.({
      registry: operation.query.registry,
      operation: purpose,
      outcome: labelOf(outcome),
      seconds: Math.max(0, clock.now() - startedMs) / 1000,
    });
    if (outcome.ok) observe(operation, outcome.value);
    return outcome;
  };

  const sendTo = async (
    operation: Operation,
    scheme: Scheme,
    { method, target, accept, bytesMax }: RegistryRequest,
    authorization: string | undefined,
  ): Promise<Outcome<HttpAnswer>> => {
    const { host, kind, query, signal } = operation;
    const url = asUrl(`${scheme}://${host.name}${target}`);
    if (url === undefined) return failed({ kind: 'unreachable', detail: 'it is not the name of a host' });
    const headers = { accept, ...(authorization !== undefined && { authorization }) };
    const answer = await sendFollowing(
      (request) => sendCounted(operation, kind, request, signal),
      { method, url, headers, bytesMax },
      query.insecure,
    );
    return answer.ok && isRefusedElsewhere(answer.value, url) ? refusedElsewhere(answer.value) : answer;
  };

  return {
    async send(operation, request, authorization) {
      const { host, query } = operation;
      if (!query.insecure) return sendTo(operation, 'https', request, authorization);
      const known = host.scheme.get();
      const first = await sendTo(operation, known ?? 'https', request, authorization);
      if (first.ok) host.scheme.set(known ?? 'https');
      else if (isTransportFailure(first.cause)) host.scheme.set(undefined);
      // Plain HTTP only where HTTPS was not known to work: a connection that breaks is no reason.
      if (known !== undefined || first.ok || !isTransportFailure(first.cause)) return first;
      const second = await sendTo(operation, 'http', request, authorization);
      if (second.ok) host.scheme.set('http');
      // That TLS found none says nothing; then how plain HTTP went does.
      const saysNothing = !second.ok && isTransportFailure(second.cause) && first.cause.kind !== 'plainHttp';
      return saysNothing ? first : second;
    },
    async sendToken(operation, request, signal) {
      const send = (one: HttpRequest): Promise<Outcome<HttpAnswer>> =>
        sendCounted(operation, 'token', one, signal);
      return request.method === 'POST'
        ? send(request)
        : sendFollowing(send, request, operation.query.insecure);
    },
    requests: () => sent,
    close: () => connections.close(),
  };
}

/** Storage that a redirect led to says no: no credential of ours would help there. */
function isRefusedElsewhere({ url, status }: HttpAnswer, asked: URL): boolean {
  return url.origin !== asked.origin && (status === 401 || status === 403);
}

function refusedElsewhere({ url, status }: HttpAnswer): Outcome<never> {
  const detail = `it redirects to ${url.host}, which answered ${status}; no credential is carried to another host`;
  return failed({ kind: 'redirect', detail });
}

function isTransportFailure({ kind }: Cause): boolean {
  return ['unreachable', 'timeout', 'tls', 'plainHttp', 'notARegistry'].includes(kind);
}

function labelOf(outcome: Outcome<HttpAnswer>): RequestEvent['outcome'] {
  if (!outcome.ok) {
    const { kind } = outcome.cause;
    if (kind === 'outOfReach') return 'unreachable';
    return kind === 'unreachable' || kind === 'timeout' || kind === 'tls' || kind === 'plainHttp'
      ? kind
      : 'other';
  }
  const { status } = outcome.value;
  if (status === 401 || status === 403 || status === 404 || status === 429) return `${status}`;
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  return status >= 300 ? '3xx' : '2xx';
}
