import type { TagSource } from '../imagestream/tag-source.ts';
import type { ObjectReference, TagEvent } from '../imagestream/types.ts';
import type { ImportMode } from '../imagestream/whole-stream.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { ImportFailure } from './failure-condition.ts';
import type { ImportSource } from './import-source.ts';

/** Why a tag is looked at. */
export type Cause =
  /** Its spec asks for something that status has not answered. */
  | 'spec'
  /** Somebody asked for it by annotation. */
  | 'request'
  /** The last try failed, and its pause is over. */
  | 'retry'
  /** Its turn has come. */
  | 'schedule';

export interface TaskBase {
  readonly tag: string;
  readonly cause: Cause;
  /** What the answer is for: it counts only while the spec still asks for this. */
  readonly from: ObjectReference;
  readonly mode: ImportMode;
  readonly reference: boolean;
  /** The request that an answer answers, too. */
  readonly token: string | undefined;
  /** `repository`: the tag stands for one of `spec.dockerImageRepository`, and has no spec tag. */
  readonly origin: 'tag' | 'repository';
}

/** An image to be asked of its registry. */
export interface ImportTask extends TaskBase {
  readonly kind: 'import';
  readonly source: ImportSource;
  /** What the source stood for when it was last looked at. */
  readonly known: string | undefined;
  /** What the tag stands for now. */
  readonly current: TagEvent | undefined;
}

/** A tag that is evaluated from streams. */
export interface CopyTask extends TaskBase {
  readonly kind: 'copy';
  readonly source: Exclude<TagSource, { kind: 'DockerImage' }>;
}

/** A reference tag: recorded as it is written, never imported. */
export interface RecordTask extends TaskBase {
  readonly kind: 'record';
}

/** A tag that cannot be imported as it is written, or as the rules are. */
export interface RefuseTask extends TaskBase {
  readonly kind: 'refuse';
  readonly failure: ImportFailure;
}

export type TagTask = ImportTask | CopyTask | RecordTask | RefuseTask;

/** A whole repository whose tags are to be listed. */
export interface RepositoryTask {
  readonly name: string;
  readonly cause: Cause;
  readonly token: string | undefined;
  readonly reference: ImageReference;
  readonly insecure: boolean;
}

/** A whole repository that cannot be imported as it is written, or as the rules are. */
export interface RepositoryRefusal extends Pick<RepositoryTask, 'name' | 'cause' | 'token'> {
  readonly failure: ImportFailure;
}

/** Something that a tag stands for, to be looked for in its registry. */
export interface CheckTask {
  readonly tag: string;
  readonly event: TagEvent;
  readonly reference: ImageReference;
  readonly insecure: boolean;
}
