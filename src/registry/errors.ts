import { asList, isObject, stringAt } from '../json/untyped.ts';
import type { Cause } from './cause.ts';
import { headerOf } from './headers.ts';
import { retryAfterMs } from './retry-after.ts';
import type { HttpAnswer } from './transport.ts';

/** Error codes of the distribution protocol (OCI distribution spec, "Error Codes"), and what each means here. */
const kinds: Readonly<Record<string, 'notFound' | 'unauthorized' | 'denied' | 'rateLimited'>> = {
  MANIFEST_UNKNOWN: 'notFound',
  MANIFEST_BLOB_UNKNOWN: 'notFound',
  NAME_UNKNOWN: 'notFound',
  NAME_INVALID: 'notFound',
  TAG_INVALID: 'notFound',
  BLOB_UNKNOWN: 'notFound',
  NOT_FOUND: 'notFound',
  UNAUTHORIZED: 'unauthorized',
  DENIED: 'denied',
  TOOMANYREQUESTS: 'rateLimited',
};

/** What an answer that is no success means. The detail is as it came: whoever shows it cleans it. */
export function causeOfAnswer(answer: HttpAnswer, nowMs: number): Cause {
  const { status, headers } = answer;
  const waitMs = retryAfterMs(headers, nowMs);
  const retry = waitMs === undefined ? {} : { retryAfterMs: waitMs };
  const body = textOf(answer);
  const said = errorOf(body);
  const detail = said?.text ?? `HTTP status ${status}`;
  if (status === 429) return { kind: 'rateLimited', detail, ...retry };
  if (status >= 500) return { kind: 'serverError', status, detail, ...retry };
  const kind = said !== undefined && Object.hasOwn(kinds, said.code) ? kinds[said.code] : undefined;
  if (kind === 'rateLimited') return { kind, detail, ...retry };
  if (kind !== undefined) return { kind, detail };
  if (status === 401) return { kind: 'unauthorized', detail };
  if (status === 403) return { kind: 'denied', detail };
  if (isHtml(answer)) return { kind: 'notARegistry', detail: htmlDetail };
  // A path that nobody serves is "404 page not found"; a registry says in JSON what it does not have, or nothing.
  if (status === 404 && (body === '' || said !== undefined || isJson(body)))
    return { kind: 'notFound', detail };
  if (status === 404)
    return { kind: 'notARegistry', detail: 'it answered 404 without an error of the protocol' };
  return { kind: 'serverError', status, detail };
}

/** Why a good answer whose JSON cannot be used is none. */
export function causeOfNonJson(answer: HttpAnswer): Cause {
  if (isHtml(answer)) return { kind: 'notARegistry', detail: htmlDetail };
  const type = headerOf(answer.headers, 'content-type');
  return /json|^$/i.test(type) || /^\s*[{[]/.test(answer.bytes.toString('latin1', 0, 64))
    ? { kind: 'malformed', detail: 'the JSON is broken or incomplete' }
    : { kind: 'notARegistry', detail: 'it answered with something that is not JSON' };
}

/** The body as a JSON object; undefined where it is none. */
export function objectOf(bytes: Buffer): object | undefined {
  const value = parsed(bytes.toString('utf8'));
  return isObject(value) ? value : undefined;
}

export const htmlDetail = 'answered with an HTML page';

export function isHtml({ headers, bytes }: HttpAnswer): boolean {
  return (
    /^\s*(?:text\/html|application\/xhtml)/i.test(headerOf(headers, 'content-type')) ||
    /^\s*<(?:!doctype\s+html|html)/i.test(bytes.toString('latin1', 0, 256))
  );
}

/** As the protocol writes codes; of Vault's or Kubernetes' own errors nothing reads so. */
const codePattern = /^[A-Z][A-Z0-9_]{1,63}$/;

/**
 * The first error of `errors[]`, with the code that the protocol wants. What an answer says in another form is not told: a
 * tag may name any host that this process reaches, and whoever wrote it must not read there what is no registry's.
 */
function errorOf(body: string): { readonly code: string; readonly text: string } | undefined {
  const document = parsed(body);
  const [first] = asList(isObject(document) ? document.errors : undefined);
  const code = (stringAt(first, 'code') ?? '').toUpperCase();
  if (!codePattern.test(code)) return undefined;
  const message = stringAt(first, 'message');
  return { code, text: message === undefined ? code : `${code}: ${message}` };
}

function textOf({ bytes }: HttpAnswer): string {
  return bytes.toString('utf8').trim();
}

function isJson(text: string): boolean {
  return parsed(text) !== undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
