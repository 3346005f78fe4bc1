import { isDeepStrictEqual } from 'node:util';
import { asObject, type JsonObject } from '../json/untyped.ts';
import { formatRepository } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import { specTagChanged } from './generations.ts';
import { mapToLocal, noCaches } from './local-registry.ts';
import { latestEvent } from './pull-spec.ts';
import { imageOfHistory, parseSource, tagField, type TagSource } from './tag-source.ts';
import type { ImageStream } from './types.ts';
import type { FieldError, FieldErrorReason, Judgement, ValidationSettings } from './validation.ts';
import { importModes, type SpecTag, type WholeStream } from './whole-stream.ts';

/** A spec tag as it is to be stored, and as it was. */
export interface JudgedTag {
  readonly tag: SpecTag;
  readonly raw: JsonObject;
  /** Undefined: the tag is new. */
  readonly oldTag: SpecTag | undefined;
  readonly oldRaw: JsonObject | undefined;
  readonly stream: WholeStream;
  /** The stream's own tags, in spec or history. */
  readonly ownTags: ReadonlySet<string>;
}

export interface TagSettings extends ValidationSettings {
  /** Why a pull spec may not be imported. */
  readonly importError: (pullSpec: string, insecure: boolean) => string | undefined;
}

const tagName = /^\w[\w.-]{0,127}$/;
const referencePolicies = ['Source', 'Local'];

/** Judges one spec tag: of a tag that was there before, only what changed (spec imagestream-system.md 1.2, 1.5). */
export function validateTag(judged: JudgedTag, settings: TagSettings): Judgement {
  const { tag, raw, oldRaw } = judged;
  const changed = (key: string): boolean =>
    oldRaw === undefined || !isDeepStrictEqual(raw[key] ?? null, oldRaw[key] ?? null);
  const source = judgeSource(judged, settings, changed('from'));
  return {
    errors: [
      ...(oldRaw === undefined ? nameErrors(tag.name) : []),
      ...source.errors,
      ...(changed('from') || changed('importPolicy') ? scheduleErrors(tag) : []),
      ...(changed('importPolicy') ? importModeErrors(judged) : []),
      ...(changed('referencePolicy') ? referencePolicyErrors(judged) : []),
      ...(changed('from') ? importErrors(tag, settings) : []),
    ],
    warnings: [
      ...source.warnings,
      ...(changed('referencePolicy') || changed('from') ? localWarnings(judged, settings) : []),
    ],
    foreignSources: source.foreignSources,
  };
}

function nameErrors(name: string): FieldError[] {
  if (tagName.test(name)) return [];
  const message = `"${name}" is no tag: it takes at most 128 letters, digits, '_', '.' and '-', and begins with none of the last two`;
  return [error('FieldValueInvalid', tagField(name, 'name'), message)];
}

function scheduleErrors({ name, from, importPolicy }: SpecTag): FieldError[] {
  if (!importPolicy.scheduled || from === undefined || from.kind === 'DockerImage') return [];
  const message = `only a tag from a DockerImage can be imported on a schedule, this one is from an ${from.kind}`;
  return [error('FieldValueInvalid', tagField(name, 'importPolicy.scheduled'), message)];
}

function importModeErrors({ tag, raw }: JudgedTag): FieldError[] {
  return oneOf(
    asObject(raw.importPolicy).importMode,
    importModes,
    tagField(tag.name, 'importPolicy.importMode'),
  );
}

function referencePolicyErrors({ tag, raw }: JudgedTag): FieldError[] {
  return oneOf(
    asObject(raw.referencePolicy).type,
    referencePolicies,
    tagField(tag.name, 'referencePolicy.type'),
  );
}

/** Absent and empty mean the default. */
function oneOf(value: unknown, known: readonly string[], field: string): FieldError[] {
  if (value === undefined || value === null || value === '') return [];
  if (known.some((candidate) => candidate === value)) return [];
  const message = `${JSON.stringify(value)} is not known; there are ${known.join(' and ')}`;
  return [error('FieldValueNotSupported', field, message)];
}

function importErrors({ name, from, importPolicy }: SpecTag, { importError }: TagSettings): FieldError[] {
  if (from?.kind !== 'DockerImage') return [];
  const message = importError(from.name, importPolicy.insecure);
  return message === undefined ? [] : [error('FieldValueForbidden', tagField(name, 'from.name'), message)];
}

/** Upstream is silent, and the image is pulled from its source after all. */
function localWarnings({ tag, stream }: JudgedTag, settings: ValidationSettings): readonly string[] {
  const { dockerImageRepository = '' } = stream.status;
  const { internalRegistryHostname, localRegistry = noCaches } = settings;
  if (tag.referencePolicy !== 'Local' || internalRegistryHostname !== '' || dockerImageRepository !== '') {
    return [];
  }
  const field = tagField(tag.name, '');
  if (localRegistry.length === 0) {
    return [`${field}: policy Local, but there is no registry to be local to; its source is used`];
  }
  const parsed = parseReference(originOf(tag, stream, settings) ?? '');
  if (!parsed.ok || mapToLocal(parsed.reference, localRegistry) !== undefined) return [];
  const origin = formatRepository(parsed.reference);
  return [`${field}: policy Local, but no cache of localRegistry holds ${origin}; its source is used`];
}

/** The pull spec that the tag will record; undefined where that is not known yet. */
function originOf(
  { name, from }: SpecTag,
  stream: WholeStream,
  { findStream }: ValidationSettings,
): string | undefined {
  if (from === undefined) return latestEvent(stream, name)?.dockerImageReference;
  const parsed = parseSource(from, stream.metadata);
  if (!parsed.ok) return undefined;
  const { source } = parsed;
  if (source.kind === 'DockerImage') return from.name;
  const isOwn = source.namespace === stream.metadata.namespace && source.stream === stream.metadata.name;
  const followed = isOwn ? stream : findStream({ namespace: source.namespace, name: source.stream });
  if (followed === undefined) return undefined;
  if (source.kind === 'ImageStreamTag') return latestEvent(followed, source.tag)?.dockerImageReference;
  const image = imageOfHistory(followed, source.id);
  return image.ok ? image.event?.dockerImageReference : undefined;
}

const nothing: Judgement = { errors: [], warnings: [], foreignSources: [] };

/**
 * What the tag follows: whether it can be read, where the text is new; whether it is there, where the tag asks for it anew
 * (vectors his-41 to his-44).
 */
function judgeSource(judged: JudgedTag, settings: ValidationSettings, fromChanged: boolean): Judgement {
  const { tag, stream } = judged;
  if (tag.from === undefined) return nothing;
  const parsed = parseSource(tag.from, stream.metadata);
  if (!parsed.ok) {
    if (!fromChanged) return nothing;
    const reason = parsed.field === 'from.kind' ? 'FieldValueNotSupported' : 'FieldValueInvalid';
    return { ...nothing, errors: [error(reason, tagField(tag.name, parsed.field), parsed.message)] };
  }
  const { source } = parsed;
  if (source.kind === 'DockerImage' || !asksAnew(judged)) return nothing;
  const field = tagField(tag.name, 'from.name');
  const name = { namespace: source.namespace, name: source.stream };
  if (name.namespace !== stream.metadata.namespace) {
    const there = presence(field, source, settings.findStream(name), 'mustExist');
    return { ...there, foreignSources: [{ stream: name, field }] };
  }
  if (name.name !== stream.metadata.name) {
    return { ...nothing, ...presence(field, source, settings.findStream(name), 'mayCome') };
  }
  if (source.kind === 'ImageStreamImage')
    return { ...nothing, ...presence(field, source, stream, 'mustExist') };
  if (judged.ownTags.has(source.tag)) return nothing;
  return { ...nothing, warnings: [`${field}: there is no tag "${source.tag}" yet`] };
}

/** Generation 0 asks again when it is written, not as long as it stands there. */
function asksAnew({ tag, oldTag, stream }: JudgedTag): boolean {
  if (oldTag === undefined) return true;
  const { generation, ...rest } = tag;
  const asked = generation === undefined || generation === oldTag.generation ? rest : { ...rest, generation };
  return specTagChanged(oldTag, asked, stream.metadata.namespace);
}

/**
 * Whether what a tag follows is there. In another namespace the stream must be, as upstream has it everywhere; one that is
 * missing in the tag's own namespace may be in the same file.
 */
function presence(
  field: string,
  source: Exclude<TagSource, { kind: 'DockerImage' }>,
  found: ImageStream | undefined,
  stream: 'mustExist' | 'mayCome',
): Pick<Judgement, 'errors' | 'warnings'> {
  if (found === undefined) {
    const message = `there is no image stream "${source.stream}" in namespace "${source.namespace}"`;
    return stream === 'mustExist'
      ? { errors: [error('FieldValueNotFound', field, message)], warnings: [] }
      : { errors: [], warnings: [`${field}: ${message} yet`] };
  }
  if (source.kind === 'ImageStreamImage') {
    const image = imageOfHistory(found, source.id);
    return { errors: image.ok ? [] : [error('FieldValueInvalid', field, image.message)], warnings: [] };
  }
  const isTagged = latestEvent(found, source.tag) !== undefined;
  return {
    errors: [],
    warnings: isTagged ? [] : [`${field}: ${source.stream}:${source.tag} has no image yet`],
  };
}

function error(reason: FieldErrorReason, field: string, message: string): FieldError {
  return { reason, field, message };
}
