import type { JsonObject } from '../json/untyped.ts';
import type { Presence } from '../importer/results.ts';
import type { ObjectKey, WriteOptions } from './object-client.ts';
import type { SpecTagObject } from './stream-object.ts';

/**
 * What is done to streams otherwise than by changing an object: a cluster with our CRDs asks its importer, OpenShift has
 * resources for it (spec imagestream-system.md 2 and 6), on a folder the command line does it itself.
 */
export interface StreamActions {
  /**
   * Sets a spec tag as a whole, and has it evaluated or imported, also where it asks for what it asked before. Makes the stream
   * where there is none. Does not wait.
   */
  setTag(key: ObjectKey, tag: SpecTagObject, options: WriteOptions): Promise<void>;
  /** Makes a tag; throws `AlreadyExists` where the spec has it. Makes the stream where there is none. */
  createTag(key: ObjectKey, tag: SpecTagObject, options: WriteOptions): Promise<void>;
  /** Removes a tag with its history. Throws `NotFound` where there is none of it. */
  removeTag(key: ObjectKey, tag: string, options: WriteOptions): Promise<TagRemoval>;
  /** Changes the stream as asked, imports, and gives what became of it when it is over. */
  importImages(order: ImportOrder): Promise<ImportAnswer>;
  /** Waits until what `setTag` asked for a tag is answered. Where nobody else would do it, it is done now. */
  finishTag(key: ObjectKey, tag: string, wait: Wait): Promise<ImportAnswer>;
  /** Whether a registry still has an image of a stream's history. */
  presenceOf(key: ObjectKey, tag: string, digest: string, wait: Wait): Promise<Presence>;
}

/** `noStream`: there is nothing to remove it from, on a server of old. */
export type TagRemoval = 'removed' | 'noStream';

/** How long an answer is waited for, and who is told meanwhile. */
export interface Wait {
  readonly ms: number;
  /** What is waited for: a word for people, again and again. */
  readonly onProgress: (text: string) => void;
}

/** An import as a person asked for it. */
export interface ImportOrder {
  readonly key: ObjectKey;
  /** The stream as it is to be, from the stream as it is; undefined: there is none yet. */
  readonly change: (stream: JsonObject | undefined) => JsonObject;
  /** The tags to import; 'repository': all of `spec.dockerImageRepository`. */
  readonly tags: readonly string[] | 'repository';
  /** For the spec tags that OpenShift makes of a whole repository's tags. */
  readonly repositoryPolicy?: Pick<SpecTagObject, 'importPolicy' | 'referencePolicy'>;
  /** Ask the registries and write nothing. */
  readonly lookOnly: boolean;
  readonly wait: Wait;
}

/** What became of an import. */
export interface ImportAnswer {
  /** The stream by now; undefined where nothing was written. */
  readonly stream: JsonObject | undefined;
  readonly tags: readonly TagAnswer[];
  /** Why the whole repository could not be imported. */
  readonly repositoryFailure?: string;
  /** How many tags a repository has beyond the limit, and which, where that is known. */
  readonly additionalTags?: { readonly count: number; readonly names?: readonly string[] };
  /** What people should know though nothing failed. */
  readonly notes: readonly string[];
}

export type TagAnswer =
  | { readonly tag: string; readonly ok: true; readonly image: JsonObject | undefined }
  | { readonly tag: string; readonly ok: false; readonly message: string };
