import { isDeepStrictEqual } from 'node:util';
import { imageStreams } from '../commands/kinds.ts';
import type { ObjectClient } from '../commands/object-client.ts';
import { readConfiguration } from '../config/file.ts';
import { importSettings } from '../config/import-settings.ts';
import { parseConfiguration } from '../config/parse.ts';
import { runPlan } from '../controllers/run-plan.ts';
import { specTagChanged, answeredGeneration } from '../imagestream/generations.ts';
import { readImageStream } from '../imagestream/read.ts';
import { parseSource } from '../imagestream/tag-source.ts';
import type { ImageStream } from '../imagestream/types.ts';
import { validateStream } from '../imagestream/validate.ts';
import {
  readWholeStream,
  statusObject,
  type SpecTag,
  type StatusTag,
  type WholeStream,
} from '../imagestream/whole-stream.ts';
import { applyResults } from '../importer/apply.ts';
import { laneOf, localLane } from '../importer/agenda.ts';
import type { ManifestSource } from '../importer/manifest-source.ts';
import { planStream } from '../importer/plan.ts';
import type { ImportSettings } from '../importer/settings.ts';
import type { JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';

/** What becomes of a stream that is saved now, under the settings of a configuration file or the built-in ones. */
export async function evaluateNow(
  raw: JsonObject,
  old: JsonObject | undefined,
  read: ObjectClient['read'],
  configurationFile: string | undefined,
): Promise<JsonObject> {
  const configuration =
    configurationFile === undefined
      ? parseConfiguration('', '(built-in)')
      : (await readConfiguration(configurationFile)).configuration;
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return evaluateStream(raw, old, read, importSettings(configuration), now);
}

/**
 * What becomes of a stream that is saved in a folder: what an API server does when a stream is saved (spec imagestream-system.md
 * 1.5) is done here, by the importer's own rules. Tags that come from registries wait for an import.
 *
 * @param old the stream before; undefined: it is new
 * @throws {StatusError} 422 where the stream is not valid
 */
async function evaluateStream(
  raw: JsonObject,
  old: JsonObject | undefined,
  read: ObjectClient['read'],
  settings: ImportSettings,
  now: string,
): Promise<JsonObject> {
  refuseInvalid(raw, old, await sourcesOf(raw, read));
  const stream = withFormerSources(readWholeStream(raw), old && readWholeStream(old), settings);
  const { tasks } = planStream(stream, settings, { retry: new Set(), schedule: false });
  const local = tasks.filter((task) => laneOf(task) === localLane);
  const ports = {
    registry: noRegistry,
    settings: () => settings,
    mayCopy: () => Promise.resolve(true),
    store: { read: (key: { namespace: string; name: string }) => read(imageStreams, key) },
  };
  const work = { tasks: local, repository: undefined, check: undefined };
  const { results } = await runPlan(stream, work, ports, never);
  const status = applyResults(stream, results, settings, now).status ?? stream.status;
  return isDeepStrictEqual(status, readWholeStream(raw).status)
    ? raw
    : { ...raw, status: statusObject(status) };
}

const never = new AbortController().signal;

/** What is decided from streams alone asks no registry. */
const noRegistry = {} as ManifestSource;

/** The streams that the stream's tags name, by namespace and name. */
async function sourcesOf(
  raw: JsonObject,
  read: ObjectClient['read'],
): Promise<ReadonlyMap<string, ImageStream>> {
  const { metadata, spec } = readWholeStream(raw);
  const found = new Map<string, ImageStream>();
  for (const { from } of spec.tags) {
    const parsed = from && parseSource(from, metadata);
    if (parsed?.ok !== true || parsed.source.kind === 'DockerImage') continue;
    const { namespace, stream: name } = parsed.source;
    const stream = await read(imageStreams, { namespace, name });
    if (stream !== undefined) found.set(`${namespace}/${name}`, readImageStream(stream));
  }
  return found;
}

function refuseInvalid(
  raw: JsonObject,
  old: JsonObject | undefined,
  sources: ReadonlyMap<string, ImageStream>,
): void {
  const { errors } = validateStream(raw, old, {
    internalRegistryHostname: '',
    findStream: ({ namespace, name }) => sources.get(`${namespace}/${name}`),
  });
  if (errors.length === 0) return;
  const { name } = readWholeStream(raw).metadata;
  const causes = errors.map(({ field, message }) => ({ field, message }));
  const text = causes.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `ImageStream "${name}" is invalid: ${text}`,
    details: { kind: 'ImageStream', name, causes },
  });
}

/**
 * A history that was imported elsewhere says nothing of where it came from, and is taken for an answer to any tag of the same
 * repository. Where such a tag is changed here, what it asked for before is noted, so that the change is seen.
 */
function withFormerSources(
  stream: WholeStream,
  old: WholeStream | undefined,
  { defaultMode }: ImportSettings,
): WholeStream {
  if (old === undefined) return stream;
  const before = new Map(old.spec.tags.map((tag) => [tag.name, tag]));
  const now = new Map(stream.spec.tags.map((tag) => [tag.name, tag]));
  const tags = stream.status.tags.map((status) => {
    const [former, next] = [before.get(status.tag), now.get(status.tag)];
    if (former?.from === undefined || next === undefined || status.observed?.from !== undefined)
      return status;
    const isChanged = specTagChanged(former, next, stream.metadata.namespace, defaultMode);
    return isChanged ? withSource(status, former, defaultMode) : status;
  });
  return { ...stream, status: { ...stream.status, tags } };
}

function withSource(status: StatusTag, { from, importPolicy }: SpecTag, defaultMode: string): StatusTag {
  if (from === undefined) return status;
  const importMode = importPolicy.importMode ?? defaultMode;
  const observed = {
    from,
    ...(from.kind === 'DockerImage' ? { importMode } : {}),
    generation: answeredGeneration(status),
  };
  return { ...status, observed: { ...status.observed, ...observed } };
}
