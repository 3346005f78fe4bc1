import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../cli/errors.ts';
import type { GlobalFlags } from '../cli/global-flags.ts';
import {
  isAnswered,
  isRepositoryAnswered,
  isWholeAnswered,
  withRequest,
  type RequestKind,
} from '../commands/import-requests.ts';
import { imageObjects, imageStreams } from '../commands/kinds.ts';
import type { ObjectClient, ObjectKey, WriteOptions } from '../commands/object-client.ts';
import type { ImportAnswer, ImportOrder, StreamActions, Wait } from '../commands/stream-actions.ts';
import {
  newStream,
  specTagOf,
  withoutSpecTag,
  withSpecTag,
  type SpecTagObject,
} from '../commands/stream-object.ts';
import { tagAnswers } from '../commands/tag-answer.ts';
import { readWholeStream, type WholeStream } from '../imagestream/whole-stream.ts';
import { requestOf } from '../importer/requests.ts';
import type { JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import type { KubeClient } from '../kube/client.ts';
import { lookAtImages } from './import-here.ts';
import type { BackendOptions } from './options.ts';
import { tagExists, tagNotFound } from './tag-refusals.ts';

export interface CustomResourceOptions extends BackendOptions {
  readonly client: KubeClient;
  readonly flags: GlobalFlags;
}

const pollMs = 150;
const pollMsMax = 1_000;
const deletionMs = 10_000;
const checksMax = 3;

/**
 * Streams of our CRDs: the command line writes the spec and asks by annotations, the cluster's importer does the rest and
 * writes status (docs/importing.md).
 */
export function customResourceActions(objects: ObjectClient, options: CustomResourceOptions): StreamActions {
  const { warn, interrupted } = options;
  const asked = new Map<string, string>();
  const image = (digest: string) => readImage(objects, digest);

  /** Writes the stream, making it where there is none; gives the token of the request in it. */
  const write = async (
    key: ObjectKey,
    change: (stream: JsonObject | undefined) => JsonObject,
    kind: RequestKind,
    tags: readonly string[],
    write: WriteOptions,
  ): Promise<string> => {
    const token = newToken();
    const requested = (stream: JsonObject | undefined) =>
      withRequest(change(stream), kind, token, tags, stream ?? {});
    const changeIt = () => objects.change(imageStreams, key, requested, write);
    await changeIt().catch(async (error: unknown) => {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
      // Somebody else may make it first.
      await objects.create(imageStreams, requested(undefined), write).catch((refusal: unknown) => {
        if (!(refusal instanceof StatusError) || refusal.reason !== 'AlreadyExists') throw refusal;
        return changeIt();
      });
    });
    return token;
  };

  /** Reads until it is answered. */
  const answered = async (
    key: ObjectKey,
    isDone: (stream: WholeStream) => boolean,
    wait: Wait,
    what: string,
  ): Promise<{ readonly raw: JsonObject; readonly stream: WholeStream }> => {
    const deadline = Date.now() + wait.ms;
    for (let pause = pollMs; ; pause = Math.min(pollMsMax, pause * 1.5)) {
      const raw = await objects.read(imageStreams, key);
      if (raw === undefined) throw new CommandError(`image stream "${key.name}" was deleted meanwhile`);
      const stream = readWholeStream(raw);
      if (isDone(stream)) return { raw, stream };
      if (Date.now() > deadline) {
        throw new CommandError(
          `no answer to the request for ${what} within ${wait.ms / 1000}s: does the importer run (kubectl get deployment -n pinstream-system ` +
            'pinstream-controller)? The request stays and is answered when it does; --request-timeout waits longer',
        );
      }
      wait.onProgress(what);
      await delay(pause, undefined, { signal: interrupted });
    }
  };

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
    asked.set(nameOf(key, tag.name), await write(key, change, 'import', [tag.name], writing));
  };

  return {
    setTag: (key, tag, writing) => setTag(key, tag, writing, false),
    createTag: (key, tag, writing) => setTag(key, tag, writing, true),
    removeTag: async (key, tag, writing) => {
      const token = newToken();
      let hadHistory = false as boolean;
      await objects
        .change(
          imageStreams,
          key,
          (raw) => {
            const stream = readWholeStream(raw);
            hadHistory = stream.status.tags.some((status) => status.tag === tag);
            if (!hadHistory && specTagOf(raw, tag) === undefined) throw tagNotFound(key, tag);
            const without = withoutSpecTag(raw, tag);
            return hadHistory ? withRequest(without, 'delete', token, [tag], raw) : without;
          },
          writing,
        )
        .catch((error: unknown) => {
          throw error instanceof StatusError && error.code === 404 ? tagNotFound(key, tag) : error;
        });
      if (!hadHistory || writing.dryRun !== 'none') return 'removed';
      const { requestTimeout = deletionMs } = options.flags;
      const wait = { ms: Math.min(deletionMs, requestTimeout), onProgress: () => undefined };
      await answered(key, (stream) => isWholeAnswered(stream, 'delete', token), wait, 'the deletion').catch(
        (error: unknown) => {
          if (!(error instanceof CommandError)) throw error;
          warn(`Warning: the history of ${key.name}:${tag} goes when the importer runs`);
        },
      );
      return 'removed';
    },
    importImages: async (order) => {
      if (order.lookOnly) return lookAtImages(order, objects, options);
      const { key, tags } = order;
      const isAll = tags === 'repository';
      const token = await write(key, order.change, 'import', isAll ? [] : tags, { dryRun: 'none' });
      const isDone = (stream: WholeStream) =>
        isAll ? isRepositoryAnswered(stream, token) : tags.every((tag) => isAnswered(stream, token, tag));
      const { raw, stream } = await answered(key, isDone, order.wait, importText(order));
      return answerOf(raw, stream, isAll ? stream.status.tags.map(({ tag }) => tag) : tags, isAll, image);
    },
    finishTag: async (key, tag, wait) => {
      const token = asked.get(nameOf(key, tag)) ?? '';
      const what = `the import of ${key.name}:${tag}`;
      const { raw, stream } = await answered(key, (read) => isAnswered(read, token, tag), wait, what);
      return answerOf(raw, stream, [tag], false, image);
    },
    presenceOf: async (key, tag, digest, wait) => {
      const what = `a look at the registry for ${digest.slice(0, 19)}`;
      const image = `${tag}@${digest}`;
      for (let attempt = 1; ; attempt += 1) {
        const token = newToken();
        const ask = (raw: JsonObject) => withRequest(raw, 'check', token, [image]);
        await objects.change(imageStreams, key, ask, { dryRun: 'none' });
        const { stream } = await answered(key, (read) => isWholeAnswered(read, 'check', token), wait, what);
        const { checkRequestedAt, missingImages = [] } = stream.status.observed ?? {};
        // The answer to somebody who asked after us may have taken the place of ours.
        const isOurs = checkRequestedAt === token || requestOf(stream, 'check')?.tags.has(image) === true;
        if (isOurs) return missingImages.includes(digest) ? 'gone' : 'present';
        if (attempt === checksMax) return 'unknown';
      }
    },
  };
}

async function answerOf(
  raw: JsonObject,
  stream: WholeStream,
  tags: readonly string[],
  isAll: boolean,
  image: (digest: string) => Promise<JsonObject | undefined>,
): Promise<ImportAnswer> {
  const repository = isAll ? stream.status.observed?.repository : undefined;
  const [failure] = repository?.conditions ?? [];
  const additional = repository?.additionalTags ?? 0;
  return {
    stream: raw,
    tags: await tagAnswers(stream, tags, image),
    ...(failure === undefined ? {} : { repositoryFailure: failure.message }),
    ...(additional === 0 ? {} : { additionalTags: { count: additional } }),
    notes: [],
  };
}

/** An Image; undefined too where this user may not read it: what the stream says is enough then. */
async function readImage(objects: ObjectClient, digest: string): Promise<JsonObject | undefined> {
  try {
    return await objects.read(imageObjects, { namespace: '', name: digest.replace(':', '-') });
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return undefined;
    throw error;
  }
}

function importText({ key, tags }: ImportOrder): string {
  if (tags === 'repository') return `the import of ${key.name}`;
  return `the import of ${tags.map((tag) => `${key.name}:${tag}`).join(', ')}`;
}

/** The time for people who read the annotation, and something that no other request has. */
function newToken(): string {
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return `${time}-${randomBytes(4).toString('hex')}`;
}

function nameOf({ namespace, name }: ObjectKey, tag: string): string {
  return `${namespace}/${name}:${tag}`;
}
