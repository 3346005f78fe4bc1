import { Agent, request } from 'undici';

/** A registry to write to, and as whom. */
export interface PushTarget {
  readonly url: string;
  /** The certificate authority of `url` and of its token server, PEM. */
  readonly ca?: string;
  readonly credential?: { readonly username: string; readonly password: string };
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/v2/`, or a whole URL that the registry gave. */
  readonly at: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** The statuses that are fine; any other throws. */
  readonly expected: readonly number[];
}

export interface RegistryResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface RegistrySession {
  send(request: RegistryRequest): Promise<RegistryResponse>;
}

const timeoutMs = 20_000;

/**
 * Does some requests to a registry, and answers its challenges by the target's credential (RFC 7617, and
 * distribution.github.io/distribution/spec/auth/token). It shares nothing with the client that is tested.
 */
export async function withRegistry<T>(
  target: PushTarget,
  work: (session: RegistrySession) => Promise<T>,
): Promise<T> {
  const agent = new Agent({
    connect: target.ca === undefined ? {} : { ca: target.ca },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  let authorization: string | undefined;
  const once = async ({ method, at, headers, body }: RegistryRequest): Promise<RegistryResponse> => {
    const answer = await request(new URL(at, `${target.url}/v2/`), {
      dispatcher: agent,
      method,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      body: body ?? null,
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  };
  const send = async (asked: RegistryRequest): Promise<RegistryResponse> => {
    let answer = await once(asked);
    if (answer.status === 401) {
      authorization = await authorizationFor(target, [answer.headers['www-authenticate']].flat()[0], agent);
      if (authorization !== undefined) answer = await once(asked);
    }
    if (asked.expected.includes(answer.status)) return answer;
    const [path] = asked.at.split('?');
    throw new Error(
      `${asked.method} ${target.url} ${path ?? ''}: ${answer.status} ${answer.body.toString()}`,
    );
  };
  try {
    return await work({ send });
  } finally {
    await agent.close();
  }
}

/** The header that answers a challenge; undefined where there is nothing to answer it with. */
async function authorizationFor(
  { credential }: PushTarget,
  challenge: string | undefined,
  agent: Agent,
): Promise<string | undefined> {
  const basic = credential && `Basic ${btoa(`${credential.username}:${credential.password}`)}`;
  if (challenge === undefined || !/^bearer /i.test(challenge)) return basic;
  const parameter = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const url = new URL(parameter('realm'));
  url.searchParams.set('service', parameter('service'));
  url.searchParams.set('scope', parameter('scope'));
  const answer = await request(url, {
    dispatcher: agent,
    headers: basic === undefined ? {} : { authorization: basic },
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200)
    throw new Error(`GET ${url.origin}${url.pathname}: ${answer.statusCode} ${text}`);
  return `Bearer ${(JSON.parse(text) as { token: string }).token}`;
}
