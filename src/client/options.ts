import type { GlobalFlags } from '../cli/global-flags.ts';

/** What every backend is opened with. */
export interface BackendOptions {
  readonly flags: GlobalFlags;
  /** Aborts when the person has had enough. */
  readonly interrupted: AbortSignal;
  /** A remark for the person, without a line end. */
  readonly warn: (text: string) => void;
}
