import { imageObjects, imageStreams } from '../commands/kinds.ts';
import type { ObjectClient, ObjectKey, WriteOptions } from '../commands/object-client.ts';
import type { ImportOrder, StreamActions } from '../commands/stream-actions.ts';
import {
  newStream,
  specTagOf,
  withoutSpecTag,
  withSpecTag,
  type SpecTagObject,
} from '../commands/stream-object.ts';
import { tagAnswers } from '../commands/tag-answer.ts';
import type { SecretSource } from '../credentials/namespace-credentials.ts';
import { readWholeStream } from '../imagestream/whole-stream.ts';
import { asList, asObject, objectAt, type JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { folderSecrets } from './folder-secrets.ts';
import type { BackendOptions } from './options.ts';
import { tagExists, tagNotFound } from './tag-refusals.ts';

/** Streams of a folder: what a cluster's importer would do is done here, when it is asked for. */
export function directoryActions(objects: ObjectClient, options: BackendOptions): StreamActions {
  const secrets: SecretSource = folderSecrets(objects);

  const setTag = async (
    key: ObjectKey,
    tag: SpecTagObject,
    writing: WriteOptions,
    isNew: boolean,
  ): Promise<void> => {
    const change = (stream: JsonObject | undefined): JsonObject => {
      if (isNew && stream !== undefined && specTagOf(stream, tag.name) !== undefined)
        throw tagExists(key, tag.name);
      return withSpecTag(stream ?? newStream(key), tag);
    };
    await createOrChange(objects, key, change, writing);
  };

  const importImages = async (order: ImportOrder) => {
    // Whoever asks no registry need not load what does.
    const { answerOf, importHere, lookAtImages, withResults } = await import('./import-here.ts');
    if (order.lookOnly) return lookAtImages(order, objects, options, secrets);
    const { key, tags } = order;
    const current = await objects.read(imageStreams, key);
    order.wait.onProgress(`the import into ${key.name}`);
    const { results, settings, notes } = await importHere(
      order.change(current),
      tags,
      objects,
      options,
      secrets,
    );
    for (const result of results.tags) {
      for (const image of result.kind === 'imported' ? result.image.images : [])
        await addImage(objects, image);
    }
    const change = (stream: JsonObject | undefined): JsonObject => {
      const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      return withResults(order.change(stream), results, settings, now);
    };
    const stream = await createOrChange(objects, key, change, { dryRun: 'none' });
    const answer = answerOf(results, notes, stream);
    const imported = answer.tags.filter(({ ok }) => ok).map(({ tag }) => tag);
    const known = await tagAnswers(readWholeStream(stream), imported, (digest) => readImage(objects, digest));
    return {
      ...answer,
      tags: answer.tags.map((given) =>
        given.ok ? (known.find(({ tag }) => tag === given.tag) ?? given) : given,
      ),
    };
  };

  return {
    setTag: (key, tag, writing) => setTag(key, tag, writing, false),
    createTag: (key, tag, writing) => setTag(key, tag, writing, true),
    removeTag: async (key, tag, writing) => {
      if ((await objects.read(imageStreams, key)) === undefined) throw tagNotFound(key, tag);
      await objects.change(imageStreams, key, (stream) => withoutTag(stream, key, tag), writing);
      return 'removed';
    },
    importImages,
    finishTag: async (key, tag, wait) => {
      const stream = await objects.read(imageStreams, key);
      const spec = asObject(stream && specTagOf(stream, tag));
      if (objectAt(spec, 'from').kind === 'DockerImage' && spec.reference !== true) {
        const change = (current: JsonObject | undefined): JsonObject => current ?? newStream(key);
        return importImages({ key, change, tags: [tag], lookOnly: false, wait });
      }
      const tags = await tagAnswers(readWholeStream(stream), [tag], (digest) => readImage(objects, digest));
      return { stream, tags, notes: [] };
    },
    presenceOf: async (key, tag, digest) => {
      const { lookForImage } = await import('./import-here.ts');
      const stream = readWholeStream(await objects.read(imageStreams, key));
      const event = stream.status.tags
        .find((status) => status.tag === tag)
        ?.items.find(({ image }) => image === digest);
      return lookForImage(stream, tag, event, options, secrets);
    },
  };
}

/** Changes a stream, or makes it where there is none; also where somebody else makes it at the same time. */
async function createOrChange(
  objects: ObjectClient,
  key: ObjectKey,
  change: (stream: JsonObject | undefined) => JsonObject,
  writing: WriteOptions,
): Promise<JsonObject> {
  if ((await objects.read(imageStreams, key)) === undefined) {
    try {
      return await objects.create(imageStreams, change(undefined), writing);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error;
    }
  }
  return objects.change(imageStreams, key, change, writing);
}

function withoutTag(stream: JsonObject, key: ObjectKey, tag: string): JsonObject {
  const status = objectAt(stream, 'status');
  const tags = asList(status.tags);
  const rest = tags.filter((entry) => asObject(entry).tag !== tag);
  if (rest.length === tags.length && specTagOf(stream, tag) === undefined) throw tagNotFound(key, tag);
  const without = withoutSpecTag(stream, tag);
  return rest.length === tags.length ? without : { ...without, status: { ...status, tags: rest } };
}

/** One that is there already stays as it is: a digest never stands for anything else. */
async function addImage(objects: ObjectClient, image: object): Promise<void> {
  try {
    await objects.create(imageObjects, asObject(image), { dryRun: 'none' });
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error;
  }
}

function readImage(objects: ObjectClient, digest: string): Promise<JsonObject | undefined> {
  return objects.read(imageObjects, { namespace: '', name: digest });
}
