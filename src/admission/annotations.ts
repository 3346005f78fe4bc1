import type { WorkloadKind } from '../workload/kinds.ts';
import { annotationValues } from '../workload/metadata.ts';

/** What annotations of an object, or of its pod template, ask for. */
export interface ObjectWishes {
  /** Upstream's `resolve-names: '*'`: look every name up locally. */
  readonly resolveNames: boolean;
  readonly skipObject: boolean;
  readonly skipContainers: ReadonlySet<string>;
}

export const resolveNamesAnnotation = 'alpha.image.policy.openshift.io/resolve-names';
export const skipAnnotation = 'pinstream.dev/skip';
export const skipContainersAnnotation = 'pinstream.dev/skip-containers';

/** Reads them (spec openshift-admission.md 2.3: the value must be exactly one asterisk; design section 3 for ours). */
export function wishesOf(kind: WorkloadKind, object: unknown): ObjectWishes {
  const names = annotationValues(kind, object, skipContainersAnnotation).flatMap((value) => value.split(','));
  return {
    resolveNames: asksToResolveNames(kind, object),
    skipObject: annotationValues(kind, object, skipAnnotation).includes('true'),
    skipContainers: new Set(names.map((name) => name.trim()).filter((name) => name !== '')),
  };
}

export function asksToResolveNames(kind: WorkloadKind, object: unknown): boolean {
  return annotationValues(kind, object, resolveNamesAnnotation).includes('*');
}
