import type { Backend } from './backend.ts';
import type { Output } from './output.ts';

/** What a verb has at hand. */
export interface Session {
  readonly output: Output;
  /** Connects, or reads the folder; once. @throws with the way out */
  readonly backend: () => Promise<Backend>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborts when the person has had enough (Ctrl-C). */
  readonly interrupted: AbortSignal;
  /** Text of a file, a URL, or '-' for stdin; and of the files of a folder. */
  readonly readInput: (place: string, recursive: boolean) => Promise<readonly InputText[]>;
  /**
   * Writes a file that was read, in one step.
   *
   * @throws when it may not be written, or is not as it was read any longer
   */
  readonly writeInput: (input: InputText, text: string) => Promise<void>;
  /** Lets go of what was opened. */
  readonly close: () => Promise<void>;
}

export interface InputText {
  /** As a person would name it: a path, a URL, "standard input". */
  readonly name: string;
  readonly text: string;
}
