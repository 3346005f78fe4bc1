import { asList, isObject, stringAt } from '../json/untyped.ts';
import type { Cause } from './cause.ts';

/** A handshake answered by something that is no TLS: what plain HTTP says looks like this. */
const plainHttpCodes: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_UNKNOWN_PROTOCOL',
  'ERR_SSL_RECORD_LAYER_FAILURE',
]);
const tlsPattern =
  /^(?:ERR_SSL_|ERR_OSSL_|ERR_TLS_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_(?:CA|PURPOSE))/;
const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
const brokenCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the name service gave no answer',
  EHOSTUNREACH: 'there is no route to the host',
  ERR_INTERNAL_ADDRESS:
    'leads to an internal address; list the registry in registrySources.allowedRegistries or insecureRegistries to allow it',
  ENETUNREACH: 'there is no route to its network',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the connection was closed in the middle of the answer',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped in the middle',
  ETIMEDOUT: 'no connection in time',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not yet valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host name',
};

/** What an error of undici or of the system means. The text says it in words of ours: theirs may hold anything. */
export function causeOfError(error: unknown, host: string): Cause {
  const code = codeOf(error);
  const detail = `${host}: ${sentences[code] ?? `the connection failed with ${code}`}`;
  if (code === 'ERR_INTERNAL_ADDRESS') return { kind: 'outOfReach', detail };
  if (plainHttpCodes.has(code)) return { kind: 'plainHttp', detail: `${host} did not answer with TLS` };
  if (tlsPattern.test(code) || code === 'EPROTO') return { kind: 'tls', detail };
  if (timeoutCodes.has(code)) return { kind: 'timeout', detail };
  if (code.startsWith('HPE_') || code === 'HTTPParserError')
    return { kind: 'notARegistry', detail: `${host} did not answer with HTTP` };
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return { kind: 'tooLarge', detail: `the headers of ${host} do not end` };
  return { kind: 'unreachable', detail };
}

/** Whether a connection that had been open broke: a kept one may have been closed by the other side meanwhile. */
export function isBrokenConnection(error: unknown): boolean {
  return brokenCodes.has(codeOf(error));
}

/** By shape, not by class: errors of the platform may come from another realm. */
function codeOf(error: unknown, depth = 0): string {
  if (!isObject(error) || depth > 3) return 'an unknown error';
  const code = stringAt(error, 'code');
  if (code !== undefined) return code.slice(0, 64);
  // Several addresses of one name were tried.
  const [first] = asList(error.errors);
  const inner = first ?? error.cause;
  return inner === undefined ? (stringAt(error, 'name') ?? 'an unknown error') : codeOf(inner, depth + 1);
}
