import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { stringAt, isObject } from '../json/untyped.ts';
import { failed, type Outcome } from './cause.ts';
import type { Clock } from './clock.ts';
import type { Credential } from './credential.ts';
import { causeOfAnswer, causeOfNonJson, objectOf } from './errors.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';

/** What a token is for, and who asks. */
export interface TokenRequest {
  /** The registry as it is reached; a token is shown to no other. */
  readonly registry: string;
  readonly realm: URL;
  readonly service: string;
  readonly scope: string;
  readonly credential: Credential | undefined;
  /** Plain HTTP is allowed here: the registry itself is reached by it, or nobody vouches for it. */
  readonly plainAllowed: boolean;
}

export interface Token {
  readonly text: string;
  /** Whether it was there already: one that is refused is then asked for anew. */
  readonly kept: boolean;
}

export interface Tokens {
  /** A token, asked for once however many want it. Throws only the flight's own bugs. */
  get(
    request: TokenRequest,
    send: (request: HttpRequest) => Promise<Outcome<HttpAnswer>>,
  ): Promise<Outcome<Token>>;
  /** Forgets one that was refused. */
  drop(request: TokenRequest): void;
}

interface KeptToken {
  readonly text: string;
  readonly untilMs: number;
}

/** All tokens together: a registry may choose how long its tokens are. */
const keptCharactersMax = 32 * 1024 * 1024;
const tokenBytesMax = 1024 * 1024;
/** A token goes into a header; servers take 8 to 32 KiB of those. */
const tokenCharactersMax = 24 * 1024;
/** Shorter lives are not believed (DIST:registry/client/auth/session.go, minimumTokenLifetimeSeconds). */
const lifeSecondsMin = 60;
const lifeSecondsMax = 24 * 3600;
const marginMs = 10_000;

/** Bearer tokens by what they are for (docker token authentication; OAuth2 for identity tokens). */
export function createTokens(clock: Pick<Clock, 'now'>): Tokens {
  const kept = new LRUCache<string, KeptToken>({
    maxSize: keptCharactersMax,
    sizeCalculation: ({ text }, key) => text.length + key.length,
  });
  const flights = new Map<string, Promise<Outcome<Token>>>();
  return {
    get(request, send) {
      const key = keyOf(request);
      const found = kept.get(key);
      if (found !== undefined && found.untilMs > clock.now()) {
        return Promise.resolve({ ok: true, value: { text: found.text, kept: true } });
      }
      const flight = flights.get(key);
      if (flight !== undefined) return flight;
      const started = fetchToken(request, send, clock).then((fetched): Outcome<Token> => {
        if (!fetched.ok) return fetched;
        kept.set(key, fetched.value);
        return { ok: true, value: { text: fetched.value.text, kept: false } };
      });
      const landed = started.finally(() => flights.delete(key));
      flights.set(key, landed);
      return landed;
    },
    drop: (request) => void kept.delete(keyOf(request)),
  };
}

const keyOfThisRun = randomBytes(32);

/** Tells credentials apart without keeping what they hold; '' for none. Good for this run of the program only. */
export function fingerprintOf(credential: Credential | undefined): string {
  if (credential === undefined) return '';
  const { username, password, identityToken = '' } = credential;
  return createHmac('sha256', keyOfThisRun)
    .update(JSON.stringify([username, password, identityToken]))
    .digest('base64');
}

/** The Authorization of a user name and password (RFC 7617). */
export function basicAuthorization({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function keyOf({ registry, realm, service, scope, credential, plainAllowed }: TokenRequest): string {
  return JSON.stringify([registry, realm.href, service, scope, plainAllowed, fingerprintOf(credential)]);
}

async function fetchToken(
  request: TokenRequest,
  send: (request: HttpRequest) => Promise<Outcome<HttpAnswer>>,
  clock: Pick<Clock, 'now'>,
): Promise<Outcome<KeptToken>> {
  const { realm, credential, plainAllowed } = request;
  const where = `its token service ${realm.host}`;
  if (realm.username !== '' || realm.password !== '') {
    return failed({ kind: 'redirect', detail: `${where} is named with a user name in the address` });
  }
  if (realm.protocol !== 'https:' && !(realm.protocol === 'http:' && plainAllowed)) {
    return failed({ kind: 'redirect', detail: `${where} is not reached over HTTPS` });
  }
  const answer = await send(httpRequestOf(request));
  if (!answer.ok) return answer;
  const { status } = answer.value;
  if (status !== 200) {
    const cause = causeOfAnswer(answer.value, clock.now());
    const detail = `${where}: ${cause.detail}`;
    const refused = status === 401 || status === 403 || (status === 400 && isInvalidGrant(answer.value));
    if (refused && credential !== undefined) return failed({ kind: 'wrongCredential', detail });
    // Whatever else it says is about the token service: "not found" there is not that the image is missing.
    return failed(cause.kind === 'notFound' ? { kind: 'serverError', status, detail } : { ...cause, detail });
  }
  const body = objectOf(answer.value.bytes);
  if (body === undefined) {
    const cause = causeOfNonJson(answer.value);
    return failed({ ...cause, detail: `${where}: ${cause.detail}` });
  }
  const text = stringAt(body, 'token') ?? stringAt(body, 'access_token') ?? '';
  if (!/^[\x21-\x7e]+$/.test(text) || text.length > tokenCharactersMax) {
    return failed({ kind: 'malformed', detail: `${where} sent no token that can be used` });
  }
  return { ok: true, value: { text, untilMs: clock.now() + lifeMs(body) } };
}

function httpRequestOf({ realm, service, scope, credential }: TokenRequest): HttpRequest {
  const headers = { accept: 'application/json' };
  if (credential?.identityToken !== undefined) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      service,
      client_id: 'pinstream',
      scope,
      refresh_token: credential.identityToken,
    });
    return {
      method: 'POST',
      url: realm,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      bytesMax: tokenBytesMax,
    };
  }
  const url = new URL(realm);
  if (service !== '') url.searchParams.set('service', service);
  url.searchParams.set('scope', scope);
  if (credential === undefined) return { method: 'GET', url, headers, bytesMax: tokenBytesMax };
  if (credential.username !== '') url.searchParams.set('account', credential.username);
  const authorization = basicAuthorization(credential);
  return { method: 'GET', url, headers: { ...headers, authorization }, bytesMax: tokenBytesMax };
}

/** RFC 6749, 5.2: how a refresh token that is no longer good is answered. */
function isInvalidGrant({ bytes }: HttpAnswer): boolean {
  const error = stringAt(objectOf(bytes), 'error');
  return error === 'invalid_grant' || error === 'invalid_client' || error === 'unauthorized_client';
}

function lifeMs(body: object): number {
  const stated = isObject(body) && typeof body.expires_in === 'number' ? body.expires_in : 0;
  const ms = Math.min(lifeSecondsMax, stated) * 1000 - marginMs;
  return Math.max(lifeSecondsMin * 1000, Number.isFinite(ms) ? ms : 0);
}
