import { runPlan } from '../controllers/run-plan.ts';
import { imageStreams } from '../commands/kinds.ts';
import type { ObjectClient } from '../commands/object-client.ts';
import type { ImportAnswer, ImportOrder, TagAnswer } from '../commands/stream-actions.ts';
import type { SecretSource } from '../credentials/namespace-credentials.ts';
import type { TagEvent } from '../imagestream/types.ts';
import { readWholeStream, statusObject, type WholeStream } from '../imagestream/whole-stream.ts';
import { applyResults } from '../importer/apply.ts';
import { checkOf, planStream, wholeRepository } from '../importer/plan.ts';
import type { Presence, StreamResults, TagResult } from '../importer/results.ts';
import { lookFor } from '../importer/run-task.ts';
import type { ImportSettings } from '../importer/settings.ts';
import type { ImageObject } from '../importer/stream-store.ts';
import type { JsonObject } from '../json/untyped.ts';
import { runAll, type Cleanup } from '../server/cleanup.ts';
import { openSettings } from '../server/settings.ts';
import { openRegistriesHere, remarks } from './registries-here.ts';
import type { BackendOptions } from './options.ts';

/** An import that was made from here, before anything of it is written. */
export interface ImportedHere {
  readonly results: StreamResults;
  readonly settings: ImportSettings;
  readonly notes: readonly string[];
}

/** Asks the registries of some of a stream's tags, as the importer of a cluster would. Nothing is written. */
export async function importHere(
  raw: JsonObject,
  tags: ImportOrder['tags'],
  objects: ObjectClient,
  options: BackendOptions,
  secrets: SecretSource | undefined,
): Promise<ImportedHere> {
  const cleanup: Cleanup = [];
  try {
    const settings = await openSettings(options.flags.config, remarks(options.warn), cleanup);
    const registries = await openRegistriesHere(options, settings, secrets);
    cleanup.push(() => registries.close());
    const stream = readWholeStream(raw);
    const asked = new Set(tags === 'repository' ? [wholeRepository] : tags);
    const plan = planStream(stream, settings.importing(), { retry: asked, schedule: false });
    const work = {
      tasks: plan.tasks.filter(({ tag }) => asked.has(tag)),
      repository: asked.has(wholeRepository) ? plan.repository : undefined,
      check: undefined,
    };
    const ports = {
      registry: registries.source,
      settings: settings.importing,
      mayCopy: () => Promise.resolve(true),
      store: { read: (key: { namespace: string; name: string }) => objects.read(imageStreams, key) },
    };
    const { results, notes } = await runPlan(stream, work, ports, options.interrupted);
    return { results, settings: settings.importing(), notes };
  } finally {
    await runAll(cleanup);
  }
}

/** The images that an import would bring, asked for from here; the stream stays as it is. */
export async function lookAtImages(
  order: ImportOrder,
  objects: ObjectClient,
  options: BackendOptions,
  secrets?: SecretSource,
): Promise<ImportAnswer> {
  const wanted = order.change(await objects.read(imageStreams, order.key));
  const { results, notes } = await importHere(wanted, order.tags, objects, options, secrets);
  return answerOf(results, notes, undefined);
}

/** The stream with results in its status. */
export function withResults(
  raw: JsonObject,
  results: StreamResults,
  settings: ImportSettings,
  now: string,
): JsonObject {
  const { status } = applyResults(readWholeStream(raw), results, settings, now);
  return status === undefined ? raw : { ...raw, status: statusObject(status) };
}

/** Whether an image of a tag's history is still in its registry; `unknown` too for what names no image of one. */
export async function lookForImage(
  stream: WholeStream,
  tag: string,
  event: TagEvent | undefined,
  options: BackendOptions,
  secrets: SecretSource,
): Promise<Presence> {
  const cleanup: Cleanup = [];
  try {
    const settings = await openSettings(options.flags.config, remarks(options.warn), cleanup);
    const registries = await openRegistriesHere(options, settings, secrets);
    cleanup.push(() => registries.close());
    const check = checkOf(stream, tag, event, settings.importing());
    if (check === undefined) return 'unknown';
    return await lookFor(check, stream.metadata.namespace, registries.source, options.interrupted);
  } finally {
    await runAll(cleanup);
  }
}

/** Results as an answer for the person who asked. */
export function answerOf(
  { tags, repository }: StreamResults,
  notes: readonly string[],
  stream: JsonObject | undefined,
): ImportAnswer {
  const failure = repository?.failure;
  const additional = repository?.additionalTags ?? 0;
  return {
    stream,
    tags: tags.map((result) => tagAnswer(result)),
    ...(failure === undefined ? {} : { repositoryFailure: failure.message }),
    ...(additional === 0 ? {} : { additionalTags: { count: additional } }),
    notes,
  };
}

function tagAnswer(result: TagResult): TagAnswer {
  const { tag } = result.task;
  if (result.kind === 'failed') return { tag, ok: false, message: result.failure.message };
  return { tag, ok: true, image: result.kind === 'imported' ? mainImage(result.image) : undefined };
}

/** Of an index and its parts, the one that the tag stands for. */
function mainImage({ digest, images }: { readonly digest: string; readonly images: readonly ImageObject[] }) {
  return images.find(({ metadata }) => metadata.name === digest);
}
