import type { Flag, FlagTable, FlagValues } from './flags.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { Session } from './session.ts';

/** A verb of the command line, as its file defines it: flags and help, and what it does. */
export interface Verb<T extends FlagTable = FlagTable> {
  /** What stands behind the name in the usage line: "SOURCE DEST [DEST ...]". */
  readonly usage: string;
  /** A sentence or two more than the summary in the list of verbs. */
  readonly help: string;
  /** Command lines with a comment line above each. */
  readonly examples: string;
  readonly flags: T;
  /** What the argument at an index may be, for completion; `before` are the arguments in front of it. */
  readonly completes?: (index: number, before: readonly string[]) => Completion;
  /** Where its objects are, where the arguments say it and not the verb's own flags. */
  readonly sessionFlags?: (args: readonly string[]) => Promise<GlobalFlags>;
  /**
   * Runs it, and gives the exit code.
   *
   * @throws {UsageError} for wrong arguments, {CommandError} for what cannot be done, {StatusError} for what the API refuses
   */
  readonly run: (
    args: readonly string[],
    flags: FlagValues<T> & GlobalFlags,
    session: Session,
  ) => Promise<number>;
}

/** What an argument names, so that a shell can offer what there is. */
export type Completion =
  | 'stream'
  /** STREAM:TAG */
  | 'tag'
  /** STREAM or STREAM:TAG */
  | 'streamOrTag'
  | 'workload'
  | 'streamOrWorkload'
  | 'file'
  | 'nothing'
  | readonly string[];

/** Keeps the types of the flags together. */
export function defineVerb<const T extends Readonly<Record<string, Flag<unknown>>>>(verb: Verb<T>): Verb<T> {
  return verb;
}
