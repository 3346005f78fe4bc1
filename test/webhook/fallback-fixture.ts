import type { ServerResponse } from 'node:http';
import { manifestType, sendError, startStubRegistry, type StubRegistry } from '../registry/stub-registry.ts';
import { digest, openStream } from '../support/objects.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** "name:tag" → which digest it names, by its character; `private` is told to nobody. */
export type Images = Readonly<Record<string, string>>;

/** A registry on loopback, over plain HTTP, that knows digests and nothing else. */
export interface ImageRegistry extends StubRegistry {
  /** Has these images from now on, and no others. */
  has(images: Images): void;
  /** Answers nobody from now on; what has asked by then is answered as soon as the function is called. */
  hangs(images: Images): () => void;
}

export const secretImage = 'private';

export async function startImageRegistry(images: Images = {}): Promise<ImageRegistry> {
  const stub = await startStubRegistry();
  const has = (held: Images): void => stub.answer(({ path }, response) => answerFrom(held, path, response));
  has(images);
  return {
    ...stub,
    has,
    hangs(held) {
      const waiting: (() => void)[] = [];
      stub.answer(({ path }, response) => void waiting.push(() => answerFrom(held, path, response)));
      return () => {
        for (const answer of waiting) answer();
        has(held);
      };
    },
  };
}

function answerFrom(images: Images, path: string, response: ServerResponse): void {
  const [, name, tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(path) ?? [];
  const found = images[`${name}:${tag}`];
  if (found === undefined) {
    sendError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  } else if (found === secretImage) {
    sendError(response, 401, 'UNAUTHORIZED', 'authentication required', {
      'www-authenticate': 'Basic realm="private"',
    });
  } else {
    response.writeHead(200, { 'content-type': manifestType, 'docker-content-digest': digest(found) }).end();
  }
}

/** The program, looking in these registries in their order, for one test or more. */
export async function serverLookingIn(
  registries: readonly ImageRegistry[],
  {
    registrySources = {},
    ...config
  }: { readonly registrySources?: object; readonly [key: string]: unknown } = {},
  objects: readonly object[] = [],
): Promise<TestServer> {
  const hosts = registries.map(({ host }) => host);
  return startServer({
    config: {
      ...config,
      registrySources: {
        containerRuntimeSearchRegistries: hosts,
        insecureRegistries: hosts,
        ...registrySources,
      },
    },
    objects: [openStream('shop', 'app', ['v1']), ...objects],
  });
}

/** Runs a test on what has to be stopped after it. */
export async function using<T extends { stop(): Promise<unknown> }>(
  started: Promise<T>,
  use: (what: T) => Promise<void>,
): Promise<void> {
  const what = await started;
  try {
    await use(what);
  } finally {
    await what.stop();
  }
}
