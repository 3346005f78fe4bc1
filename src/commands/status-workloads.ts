import { asList, asObject, asText, objectAt, type JsonObject } from '../json/untyped.ts';
import { imagesOf, type ImageSlot } from '../workload/images.ts';
import { kindNamed, type WorkloadKind } from '../workload/kinds.ts';
import { controllerOwner, groupOf } from '../workload/metadata.ts';
import { keyOf } from './stream-object.ts';

/** A workload that nobody else's controller made, with the pods that run for it. */
export interface RunningWorkload {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  readonly images: readonly ImageSlot[];
  readonly pods: readonly JsonObject[];
}

const podKind = 'Pod';

/**
 * Puts pods under what they run for, along the owners: a ReplicaSet's pods are its Deployment's. What is over, or was scaled
 * away by its owner's next version, is left out.
 */
export function runningWorkloads(objects: readonly JsonObject[]): readonly RunningWorkload[] {
  const known = new Map(objects.map((object) => [identityOf(object), object]));
  const pods = new Map<JsonObject, JsonObject[]>();
  const tops: JsonObject[] = [];
  for (const object of objects) {
    const top = topOf(object, known);
    if (top === object) tops.push(object);
    if (object.kind === podKind && !isOver(object)) pods.set(top, [...(pods.get(top) ?? []), object]);
  }
  return tops
    .filter((top) => !isOver(top))
    .flatMap((object) => {
      const kind = kindNamed(groupOf(asText(object.apiVersion)), asText(object.kind));
      if (kind === undefined) return [];
      const images = imagesOf(kind, object);
      return [{ kind, ...keyOf(object), object, images, pods: pods.get(object) ?? [] }];
    });
}

/** Which images run in the pods at a container's place, and in how many of them. */
export function runsOf({ pods }: RunningWorkload, place: ImageSlot): ReadonlyMap<string, number> {
  const runs = new Map<string, number>();
  for (const pod of pods) {
    const slot = runningSlot(pod, place);
    if (slot !== undefined) runs.set(slot.image, (runs.get(slot.image) ?? 0) + 1);
  }
  return runs;
}

/** The same container in a pod. */
export function runningSlot(pod: JsonObject, { role, container }: ImageSlot): ImageSlot | undefined {
  const kind = kindNamed('', podKind);
  const slots = kind === undefined ? [] : imagesOf(kind, pod);
  return slots.find((slot) => slot.role === role && slot.container === container);
}

function topOf(object: JsonObject, known: ReadonlyMap<string, JsonObject>): JsonObject {
  const seen = new Set<JsonObject>();
  let top = object;
  for (;;) {
    const owner = controllerOwner(top);
    const next = owner && known.get(identity(owner.group, owner.kind, keyOf(object).namespace, owner.name));
    if (next === undefined || seen.has(next)) return top;
    seen.add(next);
    top = next;
  }
}

function isOver(object: JsonObject): boolean {
  const status = objectAt(object, 'status');
  switch (object.kind) {
    case podKind:
      return (
        status.phase === 'Succeeded' ||
        status.phase === 'Failed' ||
        objectAt(object, 'metadata').deletionTimestamp !== undefined
      );
    case 'Job':
      return asList(status.conditions)
        .map(asObject)
        .some(
          (condition) =>
            (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
        );
    case 'ReplicaSet':
    case 'ReplicationController':
      return controllerOwner(object) !== undefined && objectAt(object, 'spec').replicas === 0;
    default:
      return false;
  }
}

function identityOf(object: JsonObject): string {
  const { namespace, name } = keyOf(object);
  return identity(groupOf(asText(object.apiVersion)), asText(object.kind), namespace, name);
}

function identity(group: string, kind: string, namespace: string, name: string): string {
  return [group, kind, namespace, name].join('|');
}
