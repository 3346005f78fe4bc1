import {
  createHash,
  generateKeyPairSync,
  randomUUID,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './certificates.ts';

/** What a registry must know to send its clients to a token server and to believe the tokens. */
export interface TokenIssuer {
  /** Where clients get tokens. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** The public keys of the tokens (RFC 7517). */
  readonly jwks: { readonly keys: readonly JsonWebKey[] };
}

export interface TokenServerOptions {
  /** Passwords by user. */
  readonly users?: Readonly<Record<string, string>>;
  /** Users by refresh token, which docker configurations call `identitytoken`. */
  readonly refreshTokens?: Readonly<Record<string, string>>;
  /** What one may do in a repository (`pull`, `push`, `delete`); without a user: what everybody may. */
  readonly access: (user: string | undefined, repository: string) => readonly string[];
  /** How long tokens hold; 300 unless told. The registry takes one for a minute longer. */
  readonly lifetimeSeconds?: number;
  /** Serves HTTPS with this certificate, which is for `127.0.0.1`; plain HTTP unless told. */
  readonly tls?: KeyPair;
}

/** One question for a token. */
export interface TokenRequest {
  readonly method: string;
  readonly scopes: readonly string[];
  /** Who was let in; undefined for an anonymous one, and where nobody was. */
  readonly user: string | undefined;
  readonly status: number;
}

export interface TokenServer extends TokenIssuer {
  /** What it was asked since `resetRequests`. */
  requests(): readonly TokenRequest[];
  resetRequests(): void;
  stop(): Promise<void>;
}

const service = 'test registry';
const bodyBytesMax = 65_536;

/** What a client sends: by GET in query and Basic credentials, by POST as an OAuth2 form. */
interface Question {
  readonly scopes: readonly string[];
  readonly caller: Caller;
}

type Caller =
  | { readonly kind: 'known'; readonly user: string }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused' };

/**
 * A token server as distribution's documents have it (distribution.github.io/distribution/spec/auth/token and oauth), on
 * loopback. Its tokens are JSON Web Tokens signed by a key of its own (ES256).
 */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { tls, lifetimeSeconds = 300, access } = options;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const keyId = createHash('sha256').update(JSON.stringify(jwk)).digest('hex');
  const jwks = { keys: [{ ...jwk, kid: keyId, alg: 'ES256', use: 'sig' }] };
  let asked: TokenRequest[] = [];
  let issuer = '';

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? '';
    const question = await questionOf(request, options);
    if (question === undefined || question.caller.kind === 'refused') {
      const status = question === undefined ? 400 : 401;
      asked.push({ method, scopes: question?.scopes ?? [], user: undefined, status });
      sendJson(response, status, { errors: [{ code: 'UNAUTHORIZED', message: 'incorrect credentials' }] });
      return;
    }
    const user = question.caller.kind === 'known' ? question.caller.user : undefined;
    asked.push({ method, scopes: question.scopes, user, status: 200 });
    const now = Math.floor(Date.now() / 1000);
    const token = jsonWebToken(privateKey, keyId, {
      iss: issuer,
      sub: user ?? '',
      aud: service,
      iat: now,
      nbf: now,
      exp: now + lifetimeSeconds,
      jti: randomUUID(),
      access: question.scopes.map((scope) => granted(scope, (repository) => access(user, repository))),
    });
    const issued = new Date(now * 1000).toISOString();
    sendJson(response, 200, { token, access_token: token, expires_in: lifetimeSeconds, issued_at: issued });
  };

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const server = tls
    ? createHttpsServer({ cert: tls.certificate, key: tls.key }, listener)
    : createHttpServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    realm: `${issuer}/token`,
    service,
    issuer,
    jwks,
    requests: () => [...asked],
    resetRequests: () => {
      asked = [];
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Undefined for a request that is none for a token. */
async function questionOf(
  request: IncomingMessage,
  { users = {}, refreshTokens = {} }: TokenServerOptions,
): Promise<Question | undefined> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (url.pathname !== '/token') return undefined;
  if (request.method === 'GET') {
    if (url.searchParams.get('service') !== service) return undefined;
    return {
      scopes: scopesOf(url.searchParams),
      caller: basicCaller(request.headers.authorization, users),
    };
  }
  if (request.method !== 'POST') return undefined;
  const form = new URLSearchParams(await bodyOf(request));
  if (form.get('service') !== service) return undefined;
  const scopes = scopesOf(form);
  const grant = form.get('grant_type');
  if (grant === 'refresh_token') {
    const user = refreshTokens[form.get('refresh_token') ?? ''];
    return { scopes, caller: user === undefined ? { kind: 'refused' } : { kind: 'known', user } };
  }
  if (grant !== 'password') return undefined;
  return { scopes, caller: passwordCaller(form.get('username') ?? '', form.get('password') ?? '', users) };
}

/** Several scopes come as several parameters (GET) or as one text with spaces (POST). */
function scopesOf(parameters: URLSearchParams): string[] {
  return parameters.getAll('scope').flatMap((text) => text.split(' ').filter((scope) => scope !== ''));
}

function basicCaller(header: string | undefined, users: Readonly<Record<string, string>>): Caller {
  if (header === undefined) return { kind: 'anonymous' };
  const encoded = /^Basic (.+)$/i.exec(header)?.[1] ?? '';
  const [user = '', ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return passwordCaller(user, password.join(':'), users);
}

function passwordCaller(user: string, password: string, users: Readonly<Record<string, string>>): Caller {
  return users[user] === password ? { kind: 'known', user } : { kind: 'refused' };
}

/** Of `repository:team/app:pull,push` those actions that one may do; nothing of other kinds of resources. */
function granted(scope: string, allowed: (repository: string) => readonly string[]): object {
  const [type = '', ...rest] = scope.split(':');
  const actions = rest.pop()?.split(',') ?? [];
  const name = rest.join(':');
  const may = type === 'repository' ? allowed(name) : [];
  return { type, name, actions: actions.filter((action) => may.includes(action)) };
}

/** RFC 7515, compact; RFC 7518 3.4 wants both numbers of the signature side by side, not as DER. */
function jsonWebToken(key: KeyObject, keyId: string, claims: object): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode({ alg: 'ES256', typ: 'JWT', kid: keyId })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`a token request of more than ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
