import fastJsonPatch from 'fast-json-patch';
import type { KubeClient } from '../../src/kube/client.ts';
import { isObject, objectAt, stringAt } from '../../src/json/untyped.ts';
import { StatusError } from '../../src/kube/status-error.ts';

/** The few semantics of an API server that sharing a Secret rests on: names are unique, writes are optimistic. Namespaces are listed. */
export interface MemoryApi {
  readonly client: KubeClient;
  /** Objects by path, as a person with kubectl may read and write them. */
  readonly objects: Map<string, object>;
  /** Successful writes, as `VERB path`. */
  readonly writes: string[];
  /** While it gives an error for a call, that call fails with it. */
  refuse: (verb: string, path: string) => Error | undefined;
}

export function memoryApi(): MemoryApi {
  let version = 0;
  const api: MemoryApi = { client: createClient(), objects: new Map(), writes: [], refuse: () => undefined };
  return api;

  function createClient(): KubeClient {
    return {
      get: (path) => call('get', path, () => existing(path)),
      create: (collection, body) => {
        const path = `${collection}/${stringAt(objectAt(body, 'metadata'), 'name') ?? ''}`;
        return call('create', path, () => {
          if (api.objects.has(path)) throw failure(409, 'AlreadyExists', path);
          return store(path, body);
        });
      },
      replace: (path, body) =>
        call('replace', path, () => {
          if (versionOf(existing(path)) !== versionOf(body)) throw failure(409, 'Conflict', path);
          return store(path, body);
        }),
      patch: (path, body) => call('patch', path, () => store(path, patched(path, existing(path), body))),
      delete: (path) => call('delete', path, () => removed(path)),
      watch: () => {
        throw new Error('nobody watches here');
      },
    };
  }

  /** Every call takes a turn of the event loop, so that callers overlap. */
  async function call(verb: string, path: string, run: () => object): Promise<unknown> {
    await new Promise((resolve) => setImmediate(resolve));
    const refusal = api.refuse(verb, path);
    if (refusal !== undefined) throw refusal;
    const result = structuredClone(run());
    if (verb !== 'get') api.writes.push(`${verb} ${path}`);
    return result;
  }

  function existing(path: string): object {
    const object = api.objects.get(path);
    if (object === undefined) throw failure(404, 'NotFound', path);
    return object;
  }

  function removed(path: string): object {
    const object = existing(path);
    api.objects.delete(path);
    return object;
  }

  function store(path: string, body: object): object {
    const metadata = { ...objectAt(body, 'metadata'), resourceVersion: String((version += 1)) };
    const object = structuredClone({ ...body, metadata });
    api.objects.set(path, object);
    return object;
  }
}

/** JSON patches, and merge patches of metadata. */
function patched(path: string, object: object, operations: object): object {
  if (!Array.isArray(operations)) {
    const { resourceVersion, ...metadata } = objectAt(operations, 'metadata');
    if (resourceVersion !== undefined && resourceVersion !== versionOf(object))
      throw failure(409, 'Conflict', path);
    return { ...object, metadata: { ...objectAt(object, 'metadata'), ...metadata } };
  }
  try {
    const result: unknown = fastJsonPatch.applyPatch(structuredClone(object), operations).newDocument;
    return isObject(result) ? result : {};
  } catch {
    throw failure(422, 'Invalid', path);
  }
}

function versionOf(object: object): string | undefined {
  return stringAt(objectAt(object, 'metadata'), 'resourceVersion');
}

export function failure(code: number, reason: string, message: string): StatusError {
  return new StatusError({ code, reason, message });
}
