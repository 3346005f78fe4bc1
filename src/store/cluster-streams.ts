import { imageNameOf } from '../imagestream/read.ts';
import type { ImageObject, StreamKey, StreamStore, WriteOutcome } from '../importer/stream-store.ts';
import { asObject, objectAt, stringAt } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { listPages } from '../kube/list.ts';
import { StatusError } from '../kube/status-error.ts';

const group = '/apis/image.openshift.io/v1';
export const streamsPath = `${group}/imagestreams`;
const imagesPath = `${group}/images`;

/** Images that were made lately need not be made again. */
const rememberedMax = 20_000;

/** The streams and images of a cluster that serves our CRDs. What the API refuses is thrown, but for what is expected. */
export function clusterStreams(client: KubeClient): StreamStore {
  const remembered = new Set<string>();
  return {
    read: (key, signal) => orUndefined(client.get(pathOf(key), signal)),
    writeStatus: async (raw, status) => {
      const object = asObject(raw);
      const key = keyOf(object);
      // With resourceVersion and uid of what was read: nobody else's change is overwritten.
      return outcomeOf(client.replace(`${pathOf(key)}/status`, { ...object, status }));
    },
    addImage: async (image) => {
      const { name } = image.metadata;
      if (remembered.has(name)) return;
      await unlessThere(client.create(imagesPath, withObjectName(image)));
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.add(name);
    },
    eachStream: async (visit, signal) => {
      await listPages(client, streamsPath, { put: visit, signal });
    },
    eachImage: async (visit, signal) => {
      await listPages(client, imagesPath, { put: visit, signal });
    },
    removeImage: async (raw) => {
      const metadata = objectAt(raw, 'metadata');
      const { uid, resourceVersion } = metadata;
      const name = stringAt(metadata, 'name') ?? '';
      remembered.delete(imageNameOf(name));
      const preconditions = { uid, resourceVersion };
      return outcomeOf(client.delete(`${imagesPath}/${encodeURIComponent(name)}`, { preconditions }));
    },
  };
}

function pathOf({ namespace, name }: StreamKey): string {
  return `${group}/namespaces/${encodeURIComponent(namespace)}/imagestreams/${encodeURIComponent(name)}`;
}

function keyOf(raw: unknown): StreamKey {
  const metadata = objectAt(raw, 'metadata');
  return { namespace: stringAt(metadata, 'namespace') ?? '', name: stringAt(metadata, 'name') ?? '' };
}

/** An object's name holds no colon (design section 3). */
function withObjectName(image: ImageObject): object {
  return { ...image, metadata: { ...image.metadata, name: image.metadata.name.replace(':', '-') } };
}

async function orUndefined(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}

async function unlessThere(answer: Promise<unknown>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (!(error instanceof StatusError && error.code === 409)) throw error;
  }
}

async function outcomeOf(answer: Promise<unknown>): Promise<WriteOutcome> {
  try {
    await answer;
    return 'written';
  } catch (error) {
    if (error instanceof StatusError && error.code === 409) return 'conflict';
    if (error instanceof StatusError && error.code === 404) return 'gone';
    throw error;
  }
}
