import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../cli/errors.ts';
import { imageStreams } from '../commands/kinds.ts';
import type { DryRun, ObjectClient, ObjectKey, WriteOptions } from '../commands/object-client.ts';
import {
  askingToImport,
  importAnswer,
  importObject,
  presenceIn,
  presenceObject,
  streamTagObject,
  type NumberedSpecTag,
} from '../commands/openshift-requests.ts';
import type { ImportAnswer, ImportOrder, StreamActions, Wait } from '../commands/stream-actions.ts';
import { newStream, specTagOf, withoutSpecTag, withSpecTag } from '../commands/stream-object.ts';
import { tagAnswers } from '../commands/tag-answer.ts';
import { tagNeedsImport } from '../imagestream/generations.ts';
import { readWholeStream, type WholeStream } from '../imagestream/whole-stream.ts';
import { asObject, findObject, type JsonObject } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { StatusError } from '../kube/status-error.ts';

export interface OpenShiftOptions {
  /** A client whose answers may take that long: an import is one request, and registries are slow. */
  readonly patient: (ms: number) => Promise<KubeClient>;
  readonly interrupted: AbortSignal;
}

const triesMax = 5;
const triesPauseMs = 10;
const turnMs = 150;
const pollMsMax = 1_000;

/**
 * OpenShift's own API: its resources for tags and imports do what our importer is asked for elsewhere (spec
 * imagestream-system.md 2 and 6.2; vectors `ocTagRequests`).
 */
export function openShiftActions(
  client: KubeClient,
  objects: ObjectClient,
  { patient, interrupted }: OpenShiftOptions,
): StreamActions {
  /** A server of old, or a user without rights on tags: the stream itself is written, as oc does. */
  const setInStream = async (key: ObjectKey, tag: NumberedSpecTag, writing: WriteOptions) => {
    try {
      await objects.change(imageStreams, key, (stream) => withSpecTag(stream, tag), writing);
    } catch (error) {
      if (codeOf(error) !== 404) throw error;
      await objects.create(imageStreams, newStream(key, [tag]), writing);
    }
  };

  const importNow = async (body: JsonObject, key: ObjectKey, { ms, onProgress }: Wait, what: string) => {
    const longer = await patient(ms);
    onProgress(what);
    // It is one request: whoever waits sees that it goes on.
    const turning = setInterval(() => onProgress(what), turnMs);
    try {
      return asObject(await longer.create(collectionOf(key, 'imagestreamimports'), body));
    } finally {
      clearInterval(turning);
    }
  };

  return {
    setTag: async (key, given, writing) => {
      if (writing.dryRun === 'client') return;
      const tag = askingToImport(given);
      const body = streamTagObject(key, tag);
      const query = queryOf(writing.dryRun);
      try {
        await retried(() => client.replace(streamTagPath(key, tag.name) + query, body));
        return;
      } catch (error) {
        if (!isOneOf(error, 403, 404, 405)) throw error;
      }
      try {
        await retried(() => client.create(collectionOf(key, 'imagestreamtags') + query, body));
      } catch (error) {
        if (!isOneOf(error, 403, 405)) throw error;
        await setInStream(key, tag, writing);
      }
    },
    createTag: async (key, tag, { dryRun }) => {
      if (dryRun === 'client') return;
      await client.create(collectionOf(key, 'imagestreamtags') + queryOf(dryRun), streamTagObject(key, tag));
    },
    removeTag: async (key, tag, writing) => {
      if (writing.dryRun === 'client') return 'removed';
      try {
        await retried(() => client.delete(streamTagPath(key, tag) + queryOf(writing.dryRun)));
        return 'removed';
      } catch (error) {
        if (!isOneOf(error, 403, 405)) throw error;
      }
      try {
        await objects.change(imageStreams, key, (stream) => withoutTag(stream, key, tag), writing);
        return 'removed';
      } catch (error) {
        if (codeOf(error) !== 404) throw error;
        return 'noStream';
      }
    },
    // Somebody may write the stream between our look and the import, OpenShift's own controller above all.
    importImages: (order) =>
      retried(async () => {
        const body = importObject(order, await objects.read(imageStreams, order.key));
        return importAnswer(await importNow(body, order.key, order.wait, importText(order)), order.tags);
      }),
    finishTag: async (key, tag, wait) => {
      const { raw, stream } = await imported(objects, key, tag, wait, interrupted);
      const tags = await tagAnswers(stream, [tag], (digest) => readImage(client, key, digest));
      return { stream: raw, tags, notes: [] } satisfies ImportAnswer;
    },
    presenceOf: async (key, tag, digest, wait) => {
      const stream = readWholeStream(await objects.read(imageStreams, key));
      const event = stream.status.tags
        .find((status) => status.tag === tag)
        ?.items.find(({ image }) => image === digest);
      if (event === undefined)
        throw new CommandError(`${key.name}:${tag} has no image ${digest} in its history`);
      const isInsecure =
        stream.spec.tags.findLast(({ name }) => name === tag)?.importPolicy.insecure ?? false;
      const body = presenceObject(key, event.dockerImageReference, digest, isInsecure);
      if (body === undefined) return 'unknown';
      try {
        const what = `the registry of ${key.name}:${tag}, which is asked for ${digest}`;
        return presenceIn(await importNow(body, key, wait, what));
      } catch (error) {
        // This user may not import, or not from there: nobody knows, which is an answer, too.
        if (isOneOf(error, 403, 404, 405, 422)) return 'unknown';
        throw error;
      }
    },
  };
}

/** OpenShift's own controller imports what `setTag` asked for; reads until it has. */
async function imported(
  objects: ObjectClient,
  key: ObjectKey,
  tag: string,
  wait: Wait,
  interrupted: AbortSignal,
): Promise<{ readonly raw: JsonObject; readonly stream: WholeStream }> {
  const deadline = Date.now() + wait.ms;
  for (let pause = turnMs; ; pause = Math.min(pollMsMax, pause * 1.5)) {
    const raw = await objects.read(imageStreams, key);
    if (raw === undefined) throw new CommandError(`image stream "${key.name}" was deleted meanwhile`);
    const stream = readWholeStream(raw);
    const spec = stream.spec.tags.findLast(({ name }) => name === tag);
    if (spec === undefined) throw new CommandError(`the tag ${key.name}:${tag} was deleted meanwhile`);
    const status = stream.status.tags.find((candidate) => candidate.tag === tag);
    if (!tagNeedsImport(spec, Math.max(1, spec.generation ?? 1), status)) return { raw, stream };
    if (Date.now() > deadline) {
      throw new CommandError(
        `${key.namespace}/${key.name}:${tag} is not imported after ${wait.ms / 1000}s: it is set, and OpenShift imports it ` +
          `when it comes to it; pinstream import-image ${key.name}:${tag} does it now, --request-timeout waits longer`,
      );
    }
    wait.onProgress(`the import of ${key.name}:${tag}`);
    await delay(pause, undefined, { signal: interrupted });
  }
}

function withoutTag(stream: JsonObject, { namespace, name }: ObjectKey, tag: string): JsonObject {
  if (specTagOf(stream, tag) === undefined) {
    throw new CommandError(`destination tag ${namespace}/${name}:${tag} does not exist.`);
  }
  return withoutSpecTag(stream, tag);
}

/** An image of a stream: unlike the Image itself, everybody who sees the stream may read it. */
async function readImage(
  client: KubeClient,
  key: ObjectKey,
  digest: string,
): Promise<JsonObject | undefined> {
  try {
    const found = await client.get(`${collectionOf(key, 'imagestreamimages')}/${key.name}@${digest}`);
    return findObject(found, ['image']);
  } catch (error) {
    if (isOneOf(error, 403, 404)) return undefined;
    throw error;
  }
}

/** Again where somebody else wrote in between, as client-go's DefaultRetry. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const isConflict = error instanceof StatusError && error.reason === 'Conflict';
      if (!isConflict || tries === triesMax) throw error;
      await delay(triesPauseMs);
    }
  }
}

function codeOf(error: unknown): number {
  return error instanceof StatusError ? error.code : 0;
}

function isOneOf(error: unknown, ...codes: readonly number[]): boolean {
  return codes.includes(codeOf(error));
}

function collectionOf({ namespace }: ObjectKey, resource: string): string {
  return `/apis/image.openshift.io/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}

function streamTagPath(key: ObjectKey, tag: string): string {
  return `${collectionOf(key, 'imagestreamtags')}/${encodeURIComponent(key.name)}:${encodeURIComponent(tag)}`;
}

function queryOf(dryRun: DryRun): string {
  return dryRun === 'server' ? '?dryRun=All' : '';
}

function importText({ key, tags }: ImportOrder): string {
  if (tags === 'repository') return `the import of ${key.name}`;
  return `the import of ${tags.map((tag) => `${key.name}:${tag}`).join(', ')}`;
}
