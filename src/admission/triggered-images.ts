import { parseReference } from '../reference/parse.ts';
import { imageFacts, unresolved, type Finding } from '../resolver/finding.ts';
import { sourceOf } from '../resolver/find-tag.ts';
import type { ImageLookup } from '../resolver/lookup.ts';
import { triggersAnnotation } from '../trigger/annotation.ts';
import {
  digestIn,
  followedContainers,
  followTriggers,
  hasTriggers,
  isEarlierImage,
  triggerFieldManager,
  type FindTag,
  type FollowCause,
  type FollowedContainer,
} from '../trigger/follow.ts';
import { historyFacts } from '../trigger/tag-facts.ts';
import type { ImageSlot } from '../workload/images.ts';
import { annotationsOf } from '../workload/metadata.ts';
import type { Subject } from './subject.ts';

/** The containers of an object that its own triggers set (docs/triggers.md). */
export interface TriggeredImages {
  /** Those that name no image at all. */
  readonly unnamed: readonly ImageSlot[];
  /** What a trigger says of an image; undefined: it is looked up as any other. */
  readonly find: (slot: ImageSlot, isUnchanged: boolean) => Finding | undefined;
}

/**
 * What the triggers of an object come to at admission, so that its first rollout is the right one already. A trigger names its
 * stream explicitly: whether that is open for lookup does not matter. Only streams of the object's own namespace answer: who
 * may follow another one has to be asked, and admission does not wait. Undefined where there are no triggers.
 *
 * @param existing the images that the object names
 */
export function triggeredImages(
  { request, context, workload, policy, part }: Subject,
  existing: readonly ImageSlot[],
): TriggeredImages | undefined {
  const { object, oldObject, namespace, operation } = request;
  const annotation = annotationsOf(object)[triggersAnnotation];
  if (annotation === undefined || part !== 'object' || !hasTriggers(workload) || !policy.attempts) {
    return undefined;
  }
  const { images: lookup, settings } = context;
  const findTag: FindTag = ({ namespace: owner, stream, tag }) => {
    const found = lookup.tag(owner, stream, tag);
    return found && historyFacts(lookup.history(owner, stream, tag), found, undefined, settings);
  };
  const isUpdate = operation === 'UPDATE';
  const isRetriggered = isUpdate && annotationsOf(oldObject)[triggersAnnotation] !== annotation;
  const cause: FollowCause = isUpdate && !isRetriggered ? 'updated' : 'created';
  const followed = byPointer(followedContainers(workload, object, namespace, findTag));
  const { changes, mode } = followTriggers(workload, object, namespace, findTag, cause);
  const changed = byPointer(changes);
  const find = (slot: ImageSlot, isUnchanged: boolean): Finding | undefined => {
    const container = followed.get(slot.pointer);
    if (container === undefined || (isUnchanged && !isRetriggered)) return undefined;
    const { image, facts, tag } = container;
    if (tag.namespace !== namespace) return isUnchanged ? undefined : leftToController(container);
    if (image === facts.pullSpec) return isUnchanged ? undefined : triggered(container, lookup);
    // It may know of a move before this process does.
    if (request.fieldManager === triggerFieldManager) return leftToController(container);
    if (!changed.has(slot.pointer)) return undefined;
    // "kubectl rollout undo" puts old annotations back together with the image that a person chose.
    const isRollback = isRetriggered && !isUnchanged && mode === 'on-move' && isEarlierImage(image, facts);
    return isRollback ? undefined : triggered(container, lookup);
  };
  const named = new Set(existing.map(({ pointer }) => pointer));
  const unnamed = [...followed.values()]
    .filter(({ pointer, tag }) => !named.has(pointer) && tag.namespace === namespace)
    .map(slotOf);
  return { unnamed, find };
}

function byPointer<T extends { readonly pointer: string }>(entries: readonly T[]): ReadonlyMap<string, T> {
  return new Map(entries.map((entry) => [entry.pointer, entry]));
}

function slotOf({ list, container, index, pointer }: FollowedContainer): ImageSlot {
  const path = pointer.split('/').slice(1, -3).join('.');
  const field = `${path}.${list}[${index}].image`;
  return { role: list, container, key: `${list}.${index}`, pointer, field, image: '' };
}

/** The tag's image, wherever the container's name would have led. */
function triggered({ tag, facts }: FollowedContainer, lookup: ImageLookup): Finding {
  const found = lookup.tag(tag.namespace, tag.stream, tag.tag);
  const parsed = parseReference(facts.pullSpec);
  // Both were there a moment ago: nothing changes within a decision.
  if (found === undefined || !parsed.ok) return unresolved('Trigger', 'its tag is gone');
  const [event] = lookup.history(tag.namespace, tag.stream, tag.tag);
  const source = sourceOf(found, event);
  const generation = source.generation === undefined ? '' : `, generation ${source.generation}`;
  return {
    kind: 'resolved',
    reason: 'Trigger',
    message: `image stream tag ${source.namespace}/${source.name}${generation}, which a trigger names`,
    reference: parsed.reference,
    pullSpec: facts.pullSpec,
    local: true,
    integrated: true,
    image: imageFacts(event && lookup.image(event.image), found.annotations),
    source,
  };
}

/**
 * An image without a digest that the controller answers for stays as it is. A placeholder whose trigger follows a stream of
 * another namespace: the controller, which asks whether that is allowed, has to find it; pinned to something else, it would
 * count as a person's choice.
 */
function leftToController({ image, tag }: FollowedContainer): Finding | undefined {
  if (digestIn(image) !== '') return undefined;
  const parsed = parseReference(image);
  const message = `left to the trigger controller: a trigger names ${tag.namespace}/${tag.stream}:${tag.tag}`;
  return unresolved('Trigger', message, parsed.ok ? { reference: parsed.reference } : {});
}
