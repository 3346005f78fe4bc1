/**
 * Why an image was decided as it was: one list for dry run, warnings, audit annotations and metrics. Each has a row in
 * docs/reasons.md; a test keeps the two together.
 */
export const reasons = [
  'ImageStreamTag',
  'ImageStreamTagMissing',
  'InternalRegistry',
  'Mirror',
  'Trigger',
  'Fallback',
  'FallbackStale',
  'FallbackFailed',
  'FallbackNotFound',
  'AlreadyPinned',
  'Qualified',
  'NoStream',
  'LookupClosed',
  'NotTagged',
  'Unparseable',
  'UnchangedOnUpdate',
  'ControllerOwned',
  'ExemptNamespace',
  'LookupDisabled',
  'Skipped',
  'ImmutableKind',
  'NotCovered',
  'RegistryBlocked',
  'RegistryNotAllowed',
  'ExecutionRule',
  'ResolutionRequired',
] as const;

export type Reason = (typeof reasons)[number];
