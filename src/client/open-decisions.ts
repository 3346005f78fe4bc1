import type { Decisions } from '../cli/backend.ts';
import type { GlobalFlags } from '../cli/global-flags.ts';

/** What decisions ask, until it is closed. */
export interface OpenDecisions extends Decisions {
  readonly close: () => Promise<void>;
}

/** The flags that decide what is asked, and who asks. */
export type DecisionFlags = Pick<GlobalFlags, 'config' | 'registryConfig' | 'registryCerts'>;
