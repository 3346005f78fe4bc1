import { asList, asObject, asText, asTextMap, isObject } from '../json/untyped.ts';
import { readImageStream } from './read.ts';
import type { ImageStream, NamedTagEventList, ObjectReference, TagReference } from './types.ts';

/**
 * An image stream with all that its importer reads and writes (spec imagestream-system.md 1.1 to 1.3). Decisions at
 * admission read the smaller `ImageStream`, so that a store of many streams stays small.
 */
export interface WholeStream extends ImageStream {
  readonly metadata: ImageStream['metadata'] & {
    readonly uid: string;
    readonly resourceVersion: string;
    /** Counts changes of the spec; 0 where nobody counts (files). */
    readonly generation: number;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly lookupPolicy: { readonly local: boolean };
    /** A whole repository that is mirrored; empty unless given. */
    readonly dockerImageRepository: string;
    readonly tags: readonly SpecTag[];
  };
  readonly status: Omit<ImageStream['status'], 'tags'> & {
    readonly tags: readonly StatusTag[];
    readonly observed?: StreamObserved;
  };
}

/** A spec tag with its import policy. */
export interface SpecTag extends TagReference {
  readonly importPolicy: ImportPolicy;
}

export interface ImportPolicy {
  readonly insecure: boolean;
  readonly scheduled: boolean;
  /** Undefined: the server's default. */
  readonly importMode: ImportMode | undefined;
}

export const importModes = ['Legacy', 'PreserveOriginal'] as const;
export type ImportMode = (typeof importModes)[number];

/** A status tag with what its last import came to. */
export interface StatusTag extends NamedTagEventList {
  readonly conditions: readonly TagCondition[];
  readonly observed?: TagObserved;
}

/**
 * - `ImportSuccess`: upstream's; only ever `False`, and gone after the next import that succeeds.
 * - `ImagePresent`: ours; `False` while the registry no longer has what the tag stands for.
 */
export type ConditionType = 'ImportSuccess' | 'ImagePresent';

export interface TagCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime?: string;
  readonly generation?: number;
}

/** What the importer and the triggers have seen of one tag (design section 3); upstream has no such field. */
export interface TagObserved {
  /** The source that was evaluated last. */
  readonly from?: ObjectReference;
  readonly importMode?: string;
  /** What a Legacy import took, or would have taken, of a multi-platform image: "linux/amd64". */
  readonly platform?: string;
  /** The generation that was answered last, by an event or by a condition. */
  readonly generation?: number;
  /** The digest that the source had when it was last looked at: of the list, where one of its images was taken. */
  readonly digest?: string;
  /** The last request for another import that was answered (docs/importing.md). */
  readonly requestedAt?: string;
  readonly triggeredGeneration?: number;
}

/** What the importer has answered for the stream as a whole; upstream has no such field. */
export interface StreamObserved {
  /** The last request to delete tags that was answered. */
  readonly deleteRequestedAt?: string;
  /** The last request to look whether images are still there that was answered. */
  readonly checkRequestedAt?: string;
  /** The images that this check was asked about by their digests and found gone. */
  readonly missingImages?: readonly string[];
  /** The import of `spec.dockerImageRepository`. */
  readonly repository?: RepositoryObserved;
}

export interface RepositoryObserved {
  /** The repository that was listed last. */
  readonly name: string;
  readonly generation?: number;
  readonly requestedAt?: string;
  /** How many tags it has beyond the limit. */
  readonly additionalTags?: number;
  readonly conditions: readonly TagCondition[];
}

/** Reads an ImageStream of any completeness, as tolerantly as `readImageStream`. */
export function readWholeStream(raw: unknown): WholeStream {
  const { metadata, spec, status } = asObject(raw);
  const { uid, resourceVersion, generation, annotations } = asObject(metadata);
  const { tags: rawSpecTags, dockerImageRepository } = asObject(spec);
  const { tags: rawStatusTags, observed } = asObject(status);
  const trimmed = readImageStream(raw);
  const policies = new Map(
    asList(rawSpecTags).map((tag) => [
      asText(asObject(tag).name),
      readImportPolicy(asObject(tag).importPolicy),
    ]),
  );
  const extras = asList(rawStatusTags).map(readStatusExtras);
  return {
    metadata: {
      ...trimmed.metadata,
      uid: asText(uid),
      resourceVersion: asText(resourceVersion),
      generation: wholeNumber(generation) ?? 0,
      annotations: asTextMap(annotations),
    },
    spec: {
      lookupPolicy: trimmed.spec.lookupPolicy,
      dockerImageRepository: asText(dockerImageRepository),
      tags: trimmed.spec.tags.map((tag) => ({
        ...tag,
        importPolicy: policies.get(tag.name) ?? readImportPolicy(undefined),
      })),
    },
    status: {
      ...trimmed.status,
      // Both lists come from the same raw list, in its order.
      tags: trimmed.status.tags.map((tag, index) => ({ ...tag, conditions: [], ...extras[index] })),
      ...(isObject(observed) ? { observed: readStreamObserved(observed) } : {}),
    },
  };
}

/**
 * The status as the API has it, for a write. What is empty is left out, so that the writer does not own it: whoever applies
 * a history by hand is then not told of a conflict.
 */
export function statusObject({ tags, ...status }: WholeStream['status']): object {
  const written = tags.map(({ tag, items, conditions, observed }) => ({
    tag,
    ...(items.length === 0 ? {} : { items }),
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(observed === undefined ? {} : { observed }),
  }));
  return JSON.parse(JSON.stringify({ ...status, tags: written })) as object;
}

function readImportPolicy(raw: unknown): ImportPolicy {
  const { insecure, scheduled, importMode } = asObject(raw);
  return {
    insecure: insecure === true,
    scheduled: scheduled === true,
    importMode: importModes.find((mode) => mode === importMode),
  };
}

function readStatusExtras(raw: unknown): Pick<StatusTag, 'conditions' | 'observed'> {
  const { conditions, observed } = asObject(raw);
  return {
    conditions: asList(conditions).map(readCondition),
    ...(isObject(observed) ? { observed: readTagObserved(observed) } : {}),
  };
}

function readCondition(raw: unknown): TagCondition {
  const { type, status, reason, message, lastTransitionTime, generation } = asObject(raw);
  return {
    type: asText(type),
    status: asText(status),
    reason: asText(reason),
    message: asText(message),
    ...definedOnly({ lastTransitionTime: text(lastTransitionTime), generation: wholeNumber(generation) }),
  };
}

function readTagObserved(raw: unknown): TagObserved {
  const { from, importMode, platform, generation, digest, requestedAt, triggeredGeneration } = asObject(raw);
  const source = asObject(from);
  return definedOnly({
    from: isObject(from)
      ? {
          kind: asText(source.kind),
          name: asText(source.name),
          ...definedOnly({ namespace: text(source.namespace) }),
        }
      : undefined,
    importMode: text(importMode),
    platform: text(platform),
    generation: wholeNumber(generation),
    digest: text(digest),
    requestedAt: text(requestedAt),
    triggeredGeneration: wholeNumber(triggeredGeneration),
  });
}

function readStreamObserved(raw: unknown): StreamObserved {
  const { deleteRequestedAt, checkRequestedAt, missingImages, repository } = asObject(raw);
  const { name, generation, requestedAt, additionalTags, conditions } = asObject(repository);
  return definedOnly({
    deleteRequestedAt: text(deleteRequestedAt),
    checkRequestedAt: text(checkRequestedAt),
    missingImages: Array.isArray(missingImages) ? missingImages.map(asText) : undefined,
    repository: isObject(repository)
      ? {
          name: asText(name),
          conditions: asList(conditions).map(readCondition),
          ...definedOnly({
            generation: wholeNumber(generation),
            requestedAt: text(requestedAt),
            additionalTags: wholeNumber(additionalTags),
          }),
        }
      : undefined,
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys whose value is undefined. */
function definedOnly<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Defined<T>;
}
