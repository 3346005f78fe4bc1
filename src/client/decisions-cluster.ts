import type { Configuration } from '../config/schema.ts';
import { tagNames } from '../imagestream/stream-tag.ts';
import { latestEvent } from '../imagestream/pull-spec.ts';
import { readImageStream } from '../imagestream/read.ts';
import type { KubeClient } from '../kube/client.ts';
import { listPages } from '../kube/list.ts';
import { servedResources } from '../kube/served-resources.ts';
import { StatusError } from '../kube/status-error.ts';
import { ObjectIndex } from '../store/object-index.ts';

const group = 'image.openshift.io/v1';
const never = new AbortController().signal;
/** Images are read one by one, since nobody but admins may list them. */
const atOnce = 8;

/**
 * What decisions about objects of these namespaces ask, read with the rights of whoever asks: the namespaces with their streams,
 * and, where execution rules look into images, those that the streams' tags stand for. The server knows the streams of all
 * namespaces: where that could matter a note says so.
 *
 * @throws {StatusError} where the streams of a namespace may not be read
 */
export async function indexCluster(
  client: KubeClient,
  namespaces: readonly string[],
  imagePolicy: Configuration['imagePolicy'],
): Promise<{ readonly index: ObjectIndex; readonly notes: readonly string[] }> {
  const index = new ObjectIndex();
  const notes: string[] = [];
  const digests = new Set<string>();
  const named = namespaces.filter((name) => name !== '');
  await Promise.all(
    named.map(async (namespace) => {
      await readNamespace(client, namespace, index, notes);
      for (const raw of await streamsOf(client, namespace, notes)) {
        index.put('ImageStream', raw);
        for (const digest of digestsOf(raw)) digests.add(digest);
      }
    }),
  );
  if (looksIntoImages(imagePolicy)) await readImages(client, [...digests], index, notes);
  if (imagePolicy.resolveImages?.startsWith('Required') === true) {
    const streams = `the streams of ${named.join(', ')}`;
    notes.push(
      `the image policy requires known digests: only those that ${streams} name count as known here`,
    );
  }
  return { index, notes: [...new Set(notes)] };
}

async function readNamespace(
  client: KubeClient,
  namespace: string,
  index: ObjectIndex,
  notes: string[],
): Promise<void> {
  const raw = await readable(client, `/api/v1/namespaces/${encodeURIComponent(namespace)}`);
  if (typeof raw === 'object') {
    index.put('Namespace', raw);
    return;
  }
  const why = raw === 404 ? 'does not exist' : 'may not be read by you';
  notes.push(`namespace ${namespace} ${why}: decided as if it had no labels`);
}

async function streamsOf(
  client: KubeClient,
  namespace: string,
  notes: string[],
): Promise<readonly unknown[]> {
  const streams: unknown[] = [];
  const path = `/apis/${group}/namespaces/${encodeURIComponent(namespace)}/imagestreams`;
  try {
    await listPages(client, path, { put: (raw) => streams.push(raw), signal: never });
  } catch (error) {
    // Who may not list what is not served is told that he may not.
    const isRefused = error instanceof StatusError && (error.code === 403 || error.code === 404);
    if (!isRefused || (await servedResources(client, group)) !== undefined) throw error;
    notes.push(`this cluster serves no image streams (${group}): no name is looked up in any`);
  }
  return streams;
}

/** The images that the tags of a stream stand for now. */
function digestsOf(raw: unknown): readonly string[] {
  const stream = readImageStream(raw);
  return tagNames(stream).flatMap((tag) => latestEvent(stream, tag)?.image ?? []);
}

function looksIntoImages({ executionRules = [] }: Configuration['imagePolicy']): boolean {
  return executionRules.some(
    ({ matchDockerImageLabels = [], matchImageLabels = [], matchImageAnnotations = [] }) =>
      matchDockerImageLabels.length + matchImageLabels.length + matchImageAnnotations.length > 0,
  );
}

async function readImages(
  client: KubeClient,
  digests: readonly string[],
  index: ObjectIndex,
  notes: string[],
): Promise<void> {
  if (digests.length === 0) return;
  const isOpenShift = (await servedResources(client, group))?.has('imagestreamtags') === true;
  const rest = digests.values();
  /** False when somebody is not let read one. */
  const readNext = async (): Promise<boolean> => {
    for (const digest of rest) {
      // The name of a custom resource holds no colon.
      const name = isOpenShift ? digest : digest.replace(':', '-');
      const raw = await readable(client, `/apis/${group}/images/${encodeURIComponent(name)}`);
      if (raw === 403) return false;
      if (typeof raw === 'object') index.put('Image', raw);
    }
    return true;
  };
  const read = await Promise.all(Array.from({ length: atOnce }, readNext));
  if (read.includes(false)) {
    notes.push('images may not be read by you: execution rules are decided as if nothing were known of them');
  }
}

/** The object, or why there is none for this person. */
async function readable(client: KubeClient, path: string): Promise<object | 403 | 404> {
  try {
    return (await client.get(path)) as object;
  } catch (error) {
    if (error instanceof StatusError && (error.code === 403 || error.code === 404)) return error.code;
    throw error;
  }
}
