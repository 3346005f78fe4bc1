import { asList, asObject, asText, findObject } from '../json/untyped.ts';
import { isDigest } from '../reference/digest.ts';
import type { WorkloadKind } from '../workload/kinds.ts';
import { annotationsOf } from '../workload/metadata.ts';
import { readTriggers, triggersAnnotation, type ImageTrigger } from './annotation.ts';
import { locateContainer, podSpecPath, type ContainerList } from './field-path.ts';
import { modeProblem, modeOf, type TriggerMode } from './mode.ts';
import { triggerProblems, type TriggerProblem } from './problems.ts';
import { followedTag, type TagName } from './tag-name.ts';

export type { TriggerMode } from './mode.ts';
export { triggerProblems, type TriggerProblem } from './problems.ts';
export type { TagName } from './tag-name.ts';

/**
 * Who writes what triggers want, as the API server records it: for server-side apply, for GitOps tools that leave these images
 * alone, and so that admission does not correct the controller.
 */
export const triggerFieldManager = 'pinstream-triggers';

/** What is known of a tag that is followed. */
export interface TagFacts {
  /** What its newest event is pulled by. */
  readonly pullSpec: string;
  /** Of its newest event. */
  readonly generation: number;
  /** What its older events are pulled by. */
  readonly earlier: readonly string[];
  /** `observed.triggeredGeneration`: the move whose fan-out was complete last. */
  readonly triggered: number | undefined;
}

/** Undefined: the tag stands for nothing (yet). */
export type FindTag = (tag: TagName) => TagFacts | undefined;

/**
 * Why a workload is looked at: it is being created or its triggers have changed, which also replaces pinned images; it is
 * being updated, and what is asked about are the containers whose image changed; or it is just there.
 */
export type FollowCause = 'created' | 'updated' | 'present';

/** A container that a trigger sets, and what it is to hold. */
export interface FollowedContainer {
  readonly container: string;
  readonly list: ContainerList;
  readonly index: number;
  /** JSON pointer to its image, which need not be there. */
  readonly pointer: string;
  /** Empty: it names none. */
  readonly image: string;
  readonly tag: TagName;
  readonly facts: TagFacts;
}

export interface ContainerChange {
  readonly container: string;
  readonly list: ContainerList;
  readonly index: number;
  /** JSON pointer to the container's image, which need not be there. */
  readonly pointer: string;
  /** Empty: it names none. */
  readonly from: string;
  readonly to: string;
  readonly tag: TagName;
  readonly generation: number;
}

export interface Followed {
  readonly mode: TriggerMode;
  readonly changes: readonly ContainerChange[];
  readonly problems: readonly TriggerProblem[];
}

/** Whether triggers of this kind of workload are followed (docs/triggers.md); a ReplicaSet carries its Deployment's. */
export function hasTriggers({ group, kind }: WorkloadKind): boolean {
  return kinds.get(kind)?.includes(group) === true;
}

const kinds: ReadonlyMap<string, readonly string[]> = new Map([
  ['Deployment', ['apps', 'extensions']],
  ['DaemonSet', ['apps', 'extensions']],
  ['StatefulSet', ['apps']],
  ['CronJob', ['batch']],
  ['Job', ['batch']],
  ['ReplicationController', ['']],
  ['Pod', ['']],
]);

/**
 * What a workload's triggers want of it now. A problem of one entry never stops the others; where the annotation cannot be
 * read as a whole, nothing is followed, as upstream has it.
 */
export function followTriggers(
  kind: WorkloadKind,
  object: unknown,
  namespace: string,
  findTag: FindTag,
  cause: FollowCause,
): Followed {
  const mode = modeOf(object);
  const changes = followedContainers(kind, object, namespace, findTag)
    .filter(({ image, facts }) => image !== facts.pullSpec && isReplaced(image, facts, mode, cause))
    .map(({ image, facts, ...place }) => ({
      ...place,
      from: image,
      to: facts.pullSpec,
      generation: facts.generation,
    }));
  return { mode, changes, problems: [...triggerProblems(kind, object), ...modeProblem(object)] };
}

/**
 * The containers that unpaused triggers set, whatever they hold now. Of several entries for one container the last one counts
 * whose tag stands for something: upstream applies them in their order (vector ann-06).
 */
export function followedContainers(
  kind: WorkloadKind,
  object: unknown,
  namespace: string,
  findTag: FindTag,
): readonly FollowedContainer[] {
  if (!hasTriggers(kind)) return [];
  const podSpec = findObject(object, podSpecPath(kind)) ?? {};
  const followed = new Map<string, FollowedContainer>();
  for (const trigger of activeTriggers(object)) {
    const tag = followedTag(trigger, namespace);
    const target = locateContainer(trigger.fieldPath, kind, object);
    if (tag === undefined || target.outcome !== 'set') continue;
    const facts = findTag(tag);
    if (facts === undefined) continue;
    const { list, index, container } = target;
    const pointer = `/${podSpecPath(kind).join('/')}/${list}/${index}/image`;
    const image = asText(asObject(asList(podSpec[list])[index]).image);
    followed.set(pointer, { container, list, index, pointer, image, tag, facts });
  }
  return [...followed.values()];
}

/** The tags that unpaused triggers of a workload follow (for the index). Empty for none or an unreadable annotation. */
export function followedTags(object: unknown, namespace: string): readonly TagName[] {
  const tags = activeTriggers(object).flatMap((trigger) => followedTag(trigger, namespace) ?? []);
  const keys = new Map(tags.map((tag) => [`${tag.namespace}/${tag.stream}:${tag.tag}`, tag]));
  return [...keys.values()];
}

/** Whether the image is one of the tag's older ones, wherever it is pulled from: a person's rollback. */
export function isEarlierImage(image: string, { earlier }: Pick<TagFacts, 'earlier'>): boolean {
  const digest = digestIn(image);
  return earlier.some((pullSpec) => pullSpec === image || (digest !== '' && digestIn(pullSpec) === digest));
}

/**
 * Whether the tag has moved and workloads have not all followed yet. The generations are compared for being equal: a tag that
 * follows another one takes over its generation, which may be smaller than its own was.
 */
export function isMovePending({ generation, triggered = 0 }: TagFacts): boolean {
  return generation !== triggered;
}

/** Whether an image that is not the tag's own makes way for it. */
function isReplaced(image: string, facts: TagFacts, mode: TriggerMode, cause: FollowCause): boolean {
  if (cause === 'created' || mode === 'enforce') return true;
  const isPlaceholder = digestIn(image) === '' && !isEarlierImage(image, facts);
  if (isPlaceholder) return true;
  if (cause === 'updated' || !isMovePending(facts)) return false;
  // Nobody of ours has looked after this tag before: installing the controller undoes nobody's rollback.
  return facts.triggered !== undefined || !isKnownImage(image, facts);
}

function isKnownImage(image: string, facts: TagFacts): boolean {
  return isEarlierImage(image, { earlier: [facts.pullSpec, ...facts.earlier] });
}

function activeTriggers(object: unknown): readonly ImageTrigger[] {
  const annotation = annotationsOf(object)[triggersAnnotation];
  if (typeof annotation !== 'string') return [];
  const read = readTriggers(annotation);
  return read.ok ? read.triggers.filter(({ paused }) => !paused) : [];
}

/** The digest that an image reference names; empty: none. */
export function digestIn(image: string): string {
  const at = image.lastIndexOf('@');
  const digest = image.slice(at + 1);
  return at > 0 && isDigest(digest) ? digest : '';
}
