import { resolveNamesAnnotation } from '../admission/annotations.ts';
import { asObject, findObject, objectAt, type JsonObject } from '../json/untyped.ts';
import type { LookupMode } from '../resolver/question.ts';
import { kindNamed } from '../workload/kinds.ts';
import { annotationValues } from '../workload/metadata.ts';
import { imageStreams } from './kinds.ts';
import type { ObjectKind } from './object-client.ts';
import { withAnnotation, withSpec } from './stream-object.ts';

/**
 * Whether short names are looked up: of a stream, whether it is open for them; of a workload, whether it asks for all of its
 * own (spec imagestream-system.md 5.5).
 */
export function isLookupEnabled(kind: ObjectKind, object: JsonObject): boolean {
  if (isStream(kind)) return objectAt(objectAt(object, 'spec'), 'lookupPolicy').local === true;
  const workload = kindNamed(kind.group, kind.kind);
  return workload !== undefined && annotationValues(workload, object, resolveNamesAnnotation).includes('*');
}

/**
 * The object with its lookup switched; undefined where it says so already. A workload has the wish on its pod template, or,
 * without one, on itself; it is taken away from both, so that "off" is off.
 */
export function withLookup(kind: ObjectKind, object: JsonObject, enabled: boolean): JsonObject | undefined {
  if (isLookupEnabled(kind, object) === enabled) return undefined;
  if (isStream(kind)) {
    const policy = objectAt(objectAt(object, 'spec'), 'lookupPolicy');
    return withSpec(object, { lookupPolicy: { ...policy, local: enabled } });
  }
  const template = kindNamed(kind.group, kind.kind)?.template ?? [];
  if (enabled)
    return changeAt(object, template, (inner) => withAnnotation(inner, resolveNamesAnnotation, '*'));
  const without = (inner: JsonObject) => withAnnotation(inner, resolveNamesAnnotation, undefined);
  const hasTemplate = template.length > 0 && findObject(object, template) !== undefined;
  return without(hasTemplate ? changeAt(object, template, without) : object);
}

/** What becomes of a lookup in its namespace: `mode` where the namespace's word counts and not the object's. */
export interface EffectiveLookup {
  readonly isOpen: boolean;
  readonly because?: Exclude<LookupMode, 'enabled'>;
}

/** The namespace's label over the object's own word (design section 3). */
export function effectiveLookup(kind: ObjectKind, enabled: boolean, mode: LookupMode): EffectiveLookup {
  switch (mode) {
    case 'enabled':
      return { isOpen: enabled };
    case 'all':
      return enabled || !isStream(kind) ? { isOpen: enabled } : { isOpen: true, because: mode };
    case 'fallback':
    case 'disabled':
      return enabled ? { isOpen: false, because: mode } : { isOpen: false };
  }
}

/** An object in the table of `set image-lookup`. */
export interface LookupSubject {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly object: JsonObject;
  /** Of its namespace. */
  readonly mode: LookupMode;
}

/** The table; as oc's, and with a third column where a namespace overrides an object. */
export function lookupTable(subjects: readonly LookupSubject[]): {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const lines = subjects.map(({ kind, name, object, mode }) => {
    const enabled = isLookupEnabled(kind, object);
    const { isOpen, because } = effectiveLookup(kind, enabled, mode);
    const cells = [isStream(kind) ? name : `${kind.resource}/${name}`, String(enabled)];
    return {
      cells,
      isOverridden: because !== undefined,
      effective: `${isOpen}${because ? ` (${because})` : ''}`,
    };
  });
  if (!lines.some(({ isOverridden }) => isOverridden)) {
    return { headings: ['NAME', 'LOCAL'], rows: lines.map(({ cells }) => cells) };
  }
  const rows = lines.map(({ cells, effective }) => [...cells, effective]);
  return { headings: ['NAME', 'LOCAL', 'EFFECTIVE'], rows };
}

function isStream(kind: ObjectKind): boolean {
  return kind.group === imageStreams.group && kind.kind === imageStreams.kind;
}

/** The object with what stands at a path changed; steps that are missing are made. */
function changeAt(
  object: JsonObject,
  path: readonly string[],
  change: (inner: JsonObject) => JsonObject,
): JsonObject {
  const [step, ...rest] = path;
  if (step === undefined) return change(object);
  return { ...object, [step]: changeAt(asObject(object[step]), rest, change) };
}
