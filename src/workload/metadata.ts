import type { WorkloadKind } from './kinds.ts';
import { asObject, asText, findObject, type JsonObject } from '../json/untyped.ts';

/** An owner that manages the object (`controller: true`); an object has at most one. */
export interface ControllerOwner {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** The owner reference with `controller: true`, if any (spec openshift-admission.md 3.3; vectors E21-E26). */
export function controllerOwner(object: unknown): ControllerOwner | undefined {
  const owners = asObject(asObject(object).metadata).ownerReferences;
  if (!Array.isArray(owners)) return undefined;
  const owner = owners.map(asObject).find(({ controller }) => controller === true);
  if (owner === undefined) return undefined;
  return { group: groupOf(asText(owner.apiVersion)), kind: asText(owner.kind), name: asText(owner.name) };
}

/** The API group of an apiVersion: "apps/v1" → "apps", "v1" → "". */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** `metadata.annotations` of the object. */
export function annotationsOf(object: unknown): JsonObject {
  return asObject(asObject(asObject(object).metadata).annotations);
}

/**
 * An annotation of the object or of its pod template, the template that directly holds the containers
 * (spec openshift-admission.md 2.3; vectors D08-D11). The object's own value is first.
 */
export function annotationValues(kind: WorkloadKind, object: unknown, key: string): readonly string[] {
  const { template = [] } = kind;
  const own = annotationsOf(object)[key];
  const ofTemplate = template.length === 0 ? undefined : annotationsOf(findObject(object, template))[key];
  return [own, ofTemplate].filter((value) => typeof value === 'string');
}
