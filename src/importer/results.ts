import type { WholeStream } from '../imagestream/whole-stream.ts';
import type { TagEvent } from '../imagestream/types.ts';
import type { ImportFailure } from './failure-condition.ts';
import type { FetchedImage } from './fetch-image.ts';
import type { CopyTask, ImportTask, RecordTask, RepositoryRefusal, RepositoryTask, TagTask } from './task.ts';

/** What became of one task. */
export type TagResult =
  | { readonly kind: 'imported'; readonly task: ImportTask; readonly image: FetchedImage }
  /** The source still stands for what it stood for: one look, nothing fetched. */
  | { readonly kind: 'unchanged'; readonly task: ImportTask }
  | { readonly kind: 'recorded'; readonly task: RecordTask }
  /** `source`: the other stream, as it was read; the tag's own stream is taken as it is when the result is written. */
  | { readonly kind: 'copied'; readonly task: CopyTask; readonly source: WholeStream | undefined }
  | {
      readonly kind: 'failed';
      readonly task: TagTask;
      readonly failure: ImportFailure;
      /** Whether what the tag stands for is still in its registry, where that was looked for. */
      readonly current: CurrentImage | undefined;
    };

/** What became of a whole repository: its tags have results of their own. */
export interface RepositoryResult {
  readonly task: RepositoryTask | RepositoryRefusal;
  /** How many tags there are beyond the limit. */
  readonly additionalTags: number;
  readonly failure: ImportFailure | undefined;
}

/** What was found out about the image that a tag stood for. */
export interface CurrentImage {
  /** What was looked for; an answer about anything else does not count. */
  readonly event: TagEvent;
  readonly presence: Presence;
}

/** What became of a check that was asked for. */
export interface CheckResult {
  readonly token: string;
  readonly found: readonly ({ readonly tag: string } & CurrentImage)[];
}

/** `unknown`: the registry did not say. */
export type Presence = 'present' | 'gone' | 'unknown';

export interface StreamResults {
  readonly tags: readonly TagResult[];
  readonly repository?: RepositoryResult | undefined;
  readonly check?: CheckResult | undefined;
}
