import { asList, asObject, asText, findObject, objectAt, type JsonObject } from '../json/untyped.ts';
import { triggersAnnotation } from '../trigger/annotation.ts';
import { triggerModeAnnotation } from '../trigger/mode.ts';
import { isBuiltInOwner } from '../workload/kinds.ts';
import { annotationsOf, controllerOwner } from '../workload/metadata.ts';
import type { TriggerKind } from './trigger-kinds.ts';

const changeCauseAnnotation = 'pinstream.dev/trigger-change-cause';

/** A workload with triggers, trimmed to what they need of it. */
export interface TriggeredWorkload {
  readonly kind: TriggerKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** As the API has it, with our annotations, and names and images of its containers. */
  readonly object: JsonObject;
  /** Whoever looks at its rollouts wants to read why. */
  readonly wantsChangeCause: boolean;
  /** It has ended: a Job, a Pod. */
  readonly isFinished: boolean;
  /** The same text, the same look at it: what else changes in the object (its status above all) is nothing to triggers. */
  readonly state: string;
}

/**
 * Reads an object of the kind; undefined where no trigger of its own is to be served: it has none, it is being deleted, or
 * a built-in workload manages it, whose template is the place to change.
 */
export function readTriggeredWorkload(kind: TriggerKind, raw: unknown): TriggeredWorkload | undefined {
  const metadata = objectAt(raw, 'metadata');
  const all = annotationsOf(raw);
  if (typeof all[triggersAnnotation] !== 'string' || metadata.deletionTimestamp !== undefined)
    return undefined;
  const owner = controllerOwner(raw);
  if (owner !== undefined && isBuiltInOwner(owner.group, owner.kind)) return undefined;
  const kept = [triggersAnnotation, triggerModeAnnotation, changeCauseAnnotation].filter((key) => key in all);
  const annotations = Object.fromEntries(kept.map((key) => [key, all[key]]));
  const namespace = asText(metadata.namespace);
  const name = asText(metadata.name);
  const resourceVersion = asText(metadata.resourceVersion);
  const path = [...(kind.workload.template ?? []), 'spec'];
  const podSpec = findObject(raw, path);
  const containers = podSpec === undefined ? undefined : trimmedContainers(podSpec);
  // Of what is followed by its metadata only these tell whether its images changed; Pods have a generation since 1.33.
  const version = kind.view === 'metadata' ? (metadata.generation ?? resourceVersion) : containers;
  return {
    kind,
    namespace,
    name,
    uid: asText(metadata.uid),
    resourceVersion,
    object: { metadata: { namespace, name, annotations }, ...nested(path, containers) },
    wantsChangeCause: annotations[changeCauseAnnotation] === 'true',
    isFinished: hasEnded(raw),
    state: JSON.stringify([annotations, version]),
  };
}

export function keyOfWorkload(kind: TriggerKind, namespace: string, name: string): string {
  return `${kind.workload.kind} ${namespace}/${name}`;
}

/** `value` at a path of objects: `{spec: {template: {spec: value}}}`; nothing for nothing. */
export function nested(path: readonly string[], value: object | undefined): JsonObject {
  if (value === undefined) return {};
  return path.reduceRight<JsonObject>((inner, step) => ({ [step]: inner }), { ...value });
}

function trimmedContainers(podSpec: JsonObject): object {
  const trim = (list: unknown) =>
    asList(list).map((container) => {
      const { name, image } = asObject(container);
      return { name, image };
    });
  return {
    ...(podSpec.initContainers === undefined ? {} : { initContainers: trim(podSpec.initContainers) }),
    containers: trim(podSpec.containers),
  };
}

function hasEnded(raw: unknown): boolean {
  const { phase, conditions } = objectAt(raw, 'status');
  const isOver = asList(conditions)
    .map(asObject)
    .some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
  return isOver || phase === 'Succeeded' || phase === 'Failed';
}
