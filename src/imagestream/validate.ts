import { asList, asObject, asText, type JsonObject } from '../json/untyped.ts';
import { parseReference } from '../reference/parse.ts';
import { cycleText, findCycles } from './aliases.ts';
import { canonicalRepository, type StreamName } from './repository.ts';
import { validateTag } from './validate-tag.ts';
import type { FieldError, Judgement, ValidationSettings } from './validation.ts';
import { readWholeStream, type WholeStream } from './whole-stream.ts';

/** The annotation by which all tags of a stream may be reached without valid TLS. */
const insecureAnnotation = 'openshift.io/image.insecureRepository';

/** Lower-case letters and digits, groups of them joined by one sign (spec imagestream-system.md 1.1). */
const streamName = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;
const fullNameLengthMax = 255;

/**
 * Judges an image stream as it is to be stored (spec imagestream-system.md 1.1, 1.2, 1.5). It may have any shape. On an update
 * only what changes is judged, so that a stream that is wrong already can still be labelled, and repaired piece by piece.
 *
 * @param raw the object, its status as stored
 * @param old the stored object; undefined or null on creation
 */
export function validateStream(raw: unknown, old: unknown, settings: ValidationSettings): Judgement {
  const stream = readWholeStream(raw);
  const before = old === undefined || old === null ? undefined : readWholeStream(old);
  const tags = rawTags(raw);
  const oldTags = rawTags(old);
  const oldSpecTags = new Map(before?.spec.tags.map((tag) => [tag.name, tag]));
  const ownTags = tagsOf(stream);
  const used = before === undefined ? new Set<string>() : usedRepositories(before);
  const insecure = isInsecure(stream);
  const importError = (pullSpec: string, insecureTag: boolean): string | undefined => {
    const parsed = parseReference(pullSpec);
    if (!parsed.ok || settings.mayImport === undefined) return undefined;
    // What the stream uses already stays usable, any tag or digest of it (vectors alw-23, alw-24).
    if (used.has(canonicalRepository(pullSpec) ?? '')) return undefined;
    return settings.mayImport(parsed.reference, insecure || insecureTag);
  };
  const judged = stream.spec.tags.map((tag) =>
    validateTag(
      {
        tag,
        raw: tags.get(tag.name) ?? {},
        oldTag: before && oldSpecTags.get(tag.name),
        oldRaw: oldTags.get(tag.name),
        stream,
        ownTags,
      },
      { ...settings, importError },
    ),
  );
  return {
    errors: [
      ...(before === undefined ? nameErrors(stream.metadata) : []),
      ...repositoryErrors(stream, before, importError),
      ...judged.flatMap(({ errors }) => errors),
      ...cycleErrors(stream, before),
    ],
    warnings: judged.flatMap(({ warnings }) => warnings),
    foreignSources: judged.flatMap(({ foreignSources }) => foreignSources),
  };
}

function nameErrors({ namespace, name }: StreamName): FieldError[] {
  const field = 'metadata.name';
  if (!streamName.test(name)) {
    const message = `"${name}" is no name for an image stream: it takes groups of lower-case letters and digits, joined by a single '.', '_' or '-'`;
    return [{ reason: 'FieldValueInvalid', field, message }];
  }
  const { length } = `${namespace}/${name}`;
  if (length <= fullNameLengthMax) return [];
  const message = `namespace and name are ${length} characters together, at most ${fullNameLengthMax} fit into a repository name`;
  return [{ reason: 'FieldValueInvalid', field, message }];
}

function repositoryErrors(
  { spec }: WholeStream,
  before: WholeStream | undefined,
  importError: (pullSpec: string, insecure: boolean) => string | undefined,
): FieldError[] {
  const repository = spec.dockerImageRepository;
  if (repository === '' || before?.spec.dockerImageRepository === repository) return [];
  const field = 'spec.dockerImageRepository';
  const parsed = parseReference(repository);
  const invalid = (message: string): FieldError[] => [
    { reason: 'FieldValueInvalid', field, message: `"${repository}" ${message}` },
  ];
  if (!parsed.ok) return invalid(`is no image reference: ${parsed.error}`);
  const { name, tag, id } = parsed.reference;
  if (name === '') return invalid('names a registry but no repository in it');
  if (tag !== '' || id !== '') return invalid('must name a repository, without tag or digest');
  const message = importError(repository, false);
  return message === undefined ? [] : [{ reason: 'FieldValueForbidden', field, message }];
}

/** The circles that were not there before. */
function cycleErrors(stream: WholeStream, before: WholeStream | undefined): FieldError[] {
  const known = new Set(before === undefined ? [] : findCycles(before).map(cycleText));
  return findCycles(stream).flatMap((cycle): FieldError[] => {
    const message = cycleText(cycle);
    const field = `spec.tags[${cycle[0] ?? ''}].from.name`;
    return known.has(message) ? [] : [{ reason: 'FieldValueInvalid', field, message }];
  });
}

/** Every repository that the stream names, in spec or history. */
function usedRepositories({ spec, status }: WholeStream): ReadonlySet<string> {
  const named = [
    spec.dockerImageRepository,
    ...spec.tags.map(({ from }) => (from?.kind === 'DockerImage' ? from.name : '')),
    ...status.tags.flatMap(({ items }) => items.map(({ dockerImageReference }) => dockerImageReference)),
  ];
  return new Set(named.flatMap((pullSpec) => canonicalRepository(pullSpec) ?? []));
}

/** The tags that another tag can follow, or will be able to. */
function tagsOf({ spec, status }: WholeStream): ReadonlySet<string> {
  const tagged = status.tags.filter(({ items }) => items.length > 0);
  return new Set([...spec.tags.map(({ name }) => name), ...tagged.map(({ tag }) => tag)]);
}

function isInsecure({ metadata }: WholeStream): boolean {
  return metadata.annotations[insecureAnnotation] === 'true';
}

/** By name; the last of a name counts. */
function rawTags(raw: unknown): ReadonlyMap<string, JsonObject> {
  const tags = asList(asObject(asObject(raw).spec).tags).map(asObject);
  return new Map(tags.map((tag) => [asText(tag.name), tag]));
}
