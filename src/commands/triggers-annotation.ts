import { objectAt, type JsonObject } from '../json/untyped.ts';
import { readTriggers, triggersAnnotation, type ImageTrigger } from '../trigger/annotation.ts';
import { containerNames, fieldPathOf, locateContainer } from '../trigger/field-path.ts';
import type { WorkloadKind } from '../workload/kinds.ts';
import { annotationsOf } from '../workload/metadata.ts';
import { keyOf, withAnnotation } from './stream-object.ts';
import type { ChangedTriggers, ImageTriggerView, TriggerKeeper } from './trigger-keeper.ts';
import { containersNeeded, missingContainers } from './triggers-containers.ts';
import type { FollowedTag, TriggerOrder } from './triggers-order.ts';

/** Kinds that keep triggers in the annotation; the config trigger is a Deployment that is not paused. */
export function annotatedTriggers(kind: WorkloadKind): TriggerKeeper {
  return {
    read: (object) => {
      const read = entriesOf(kind, object);
      if (typeof read === 'string') return { ok: false, error: read };
      return { ok: true, view: { config: !isPaused(kind, object), images: read.map(viewOf) } };
    },
    change: (object, order) => changeTriggers(kind, object, order),
  };
}

/** An entry of the annotation with what it comes to for its object. */
interface Entry {
  readonly trigger: ImageTrigger;
  readonly from: FollowedTag;
  /** Undefined: its path leads to none. */
  readonly container: string | undefined;
  readonly problem?: string;
}

function entriesOf(kind: WorkloadKind, object: JsonObject): readonly Entry[] | string {
  const annotation = annotationsOf(object)[triggersAnnotation];
  if (typeof annotation !== 'string') return [];
  const read = readTriggers(annotation);
  if (!read.ok) {
    return `the annotation ${triggersAnnotation} cannot be read: ${read.error}; correct it, or take it away with --remove-all`;
  }
  return read.triggers.map((trigger) => {
    const target = locateContainer(trigger.fieldPath, kind, object);
    const from = followed(trigger, object);
    if (target.outcome === 'set') return { trigger, from, container: target.container };
    const problem =
      target.outcome === 'error' ? target.message : `no path of a ${kind.kind}: ${trigger.fieldPath}`;
    return { trigger, from, container: undefined, problem };
  });
}

function followed({ from: { namespace, name } }: ImageTrigger, object: JsonObject): FollowedTag {
  return { namespace: namespace === keyOf(object).namespace ? '' : namespace, name };
}

function viewOf({ trigger, from, container, problem }: Entry): ImageTriggerView {
  return {
    from,
    containers: container === undefined ? [] : [container],
    auto: !trigger.paused,
    ...(problem === undefined ? {} : { problem }),
  };
}

function changeTriggers(
  kind: WorkloadKind,
  object: JsonObject,
  order: Exclude<TriggerOrder, { action: 'list' }>,
): ChangedTriggers {
  if (order.action === 'removeAll') {
    // Without a look at what is there: this is the way out where it cannot be read.
    const annotated = annotationsOf(object)[triggersAnnotation] !== undefined;
    const without = annotated ? withAnnotation(object, triggersAnnotation, undefined) : object;
    return changed(object, withConfig(kind, without, false));
  }
  const entries = entriesOf(kind, object);
  if (typeof entries === 'string') return { ok: false, error: entries };
  switch (order.action) {
    case 'setConfig':
      return changed(object, withConfig(kind, object, order.on));
    case 'switch': {
      const next = entries.map(({ trigger }) => withPaused(trigger, !order.auto));
      return changed(object, withConfig(kind, withEntries(object, entries, next), order.auto));
    }
    case 'removeImage': {
      const from = ownNamespace(order.from, object);
      const isMeant = ({ container, ...entry }: Entry) =>
        sameTag(entry.from, from) &&
        (order.containers === undefined || (container !== undefined && order.containers.includes(container)));
      const next = entries.filter((entry) => !isMeant(entry)).map(({ trigger }) => trigger.written);
      return changed(object, withEntries(object, entries, next));
    }
    case 'setImage': {
      const next = imageSet(kind, object, entries, { ...order, from: ownNamespace(order.from, object) });
      return typeof next === 'string'
        ? { ok: false, error: next }
        : changed(object, withEntries(object, entries, next));
    }
  }
}

/**
 * The entries with a tag followed by some containers. Those that follow it already are renewed in place; where none of the
 * named ones does, the first entry of the tag moves to them, as oc has it. Without names: those that follow it, or the only
 * container that there is.
 */
function imageSet(
  kind: WorkloadKind,
  object: JsonObject,
  entries: readonly Entry[],
  { from, auto, ...order }: Extract<TriggerOrder, { action: 'setImage' }>,
): readonly JsonObject[] | string {
  const { containers, initContainers } = containerNames(kind, object);
  const present = [...containers, ...initContainers];
  const ofTag = entries.filter((entry) => sameTag(entry.from, from));
  const following = ofTag.flatMap(({ container }) => container ?? []);
  const [only, ...more] = containers;
  const wanted =
    order.containers ?? (following.length > 0 ? following : more.length === 0 && only ? [only] : []);
  if (wanted.length === 0) return containersNeeded(present);
  const missing = missingContainers(wanted, present);
  if (missing !== undefined) return missing;
  const taken = entries.filter(
    (entry) => !sameTag(entry.from, from) && wanted.includes(entry.container ?? ''),
  );
  if (taken.length > 0) {
    const names = taken.map(({ container }) => container).join(', ');
    const [other] = taken;
    return `only one trigger may reference each container: ${names}; remove the other one first (--from-image ${other?.trigger.from.name ?? ''} --remove)`;
  }
  const renewed = new Set(following.filter((name) => wanted.includes(name)));
  const moved = renewed.size === 0 ? ofTag[0] : undefined;
  const added = [...new Set(wanted)]
    .filter((name) => !renewed.has(name))
    .map((name) => newEntry(from, fieldPathOf(kind, name), !auto));
  const kept = entries.flatMap((entry): readonly JsonObject[] => {
    if (entry === moved) return added;
    const isRenewed = ofTag.includes(entry) && renewed.has(entry.container ?? '');
    return [isRenewed ? withPaused(entry.trigger, !auto) : entry.trigger.written];
  });
  return moved === undefined ? [...kept, ...added] : kept;
}

/** As oc writes it: keys in this order, nothing that says nothing. */
function newEntry({ namespace, name }: FollowedTag, fieldPath: string, paused: boolean): JsonObject {
  const from = { kind: 'ImageStreamTag', name, ...(namespace === '' ? {} : { namespace }) };
  return { from, fieldPath, ...(paused ? { paused } : {}) };
}

/** The entry switched on or off; what else it says stays, understood or not. */
function withPaused({ written, paused }: ImageTrigger, next: boolean): JsonObject {
  if (paused === next) return written;
  const others = Object.entries(written).filter(([key]) => key.toLowerCase() !== 'paused');
  return Object.fromEntries(next ? [...others, ['paused', true]] : others);
}

/** The object with these entries; untouched where they are the ones it has. */
function withEntries(object: JsonObject, old: readonly Entry[], next: readonly JsonObject[]): JsonObject {
  if (next.length === old.length && next.every((entry, index) => entry === old[index]?.trigger.written)) {
    return object;
  }
  return withAnnotation(object, triggersAnnotation, next.length === 0 ? undefined : JSON.stringify(next));
}

function isPaused(kind: WorkloadKind, object: JsonObject): boolean {
  return kind.kind === 'Deployment' && objectAt(object, 'spec').paused === true;
}

/** Only a Deployment can be paused; for others nothing changes. */
function withConfig(kind: WorkloadKind, object: JsonObject, on: boolean): JsonObject {
  if (kind.kind !== 'Deployment' || isPaused(kind, object) === !on) return object;
  const { paused: _old, ...spec } = objectAt(object, 'spec');
  return { ...object, spec: on ? spec : { ...spec, paused: true } };
}

function changed(old: JsonObject, next: JsonObject): ChangedTriggers {
  return { ok: true, object: next === old ? undefined : next };
}

function ownNamespace({ namespace, name }: FollowedTag, object: JsonObject): FollowedTag {
  return { namespace: namespace === keyOf(object).namespace ? '' : namespace, name };
}

function sameTag(a: FollowedTag, b: FollowedTag): boolean {
  return a.name === b.name && a.namespace === b.namespace;
}
