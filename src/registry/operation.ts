import type { RepositoryQuery } from '../importer/manifest-source.ts';
import type { CredentialChoice } from './credential.ts';
import type { Host } from './hosts.ts';
import type { OperationKind } from './options.ts';

/** One operation under way: what every one of its requests needs to know. */
export interface Operation {
  readonly kind: OperationKind;
  readonly query: RepositoryQuery;
  readonly host: Host;
  readonly choice: CredentialChoice;
  /** Aborts when its time is over, or with the caller's signal. */
  readonly signal: AbortSignal;
  /** The label of the credential that the last good answer was given for; '' for none. */
  readonly used: { label: string };
  /** What people should know, a line each. */
  readonly notes: Set<string>;
  /** What must never be in a message. */
  readonly secrets: Set<string>;
}
