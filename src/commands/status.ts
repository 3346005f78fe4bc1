import { asksToResolveNames } from '../admission/annotations.ts';
import { recordedImages } from '../admission/resolved-images.ts';
import type { LocalPlaces } from '../imagestream/local-registry.ts';
import { readWholeStream } from '../imagestream/whole-stream.ts';
import { parseStreamTagName } from '../imagestream/istag.ts';
import { defaultTag } from '../imagestream/pull-spec.ts';
import type { JsonObject } from '../json/untyped.ts';
import { parseReference } from '../reference/parse.ts';
import { readTriggers, triggersAnnotation } from '../trigger/annotation.ts';
import { locateContainer } from '../trigger/field-path.ts';
import type { ImageSlot } from '../workload/images.ts';
import type { WorkloadKind } from '../workload/kinds.ts';
import { annotationsOf } from '../workload/metadata.ts';
import { namespaceLine, type NamespaceLine } from './lookup-namespaces.ts';
import type { ObjectKey } from './object-client.ts';
import {
  failingImports,
  scheduledTags,
  type FailingImport,
  type Importer,
  type ScheduledTag,
} from './status-imports.ts';
import { createTagBook, type TagBook, type TagName, type TagState } from './status-tags.ts';
import { runningSlot, runningWorkloads, runsOf, type RunningWorkload } from './status-workloads.ts';
import { keyOf } from './stream-object.ts';

/** What is looked at. */
export interface StatusFacts {
  /** The namespaces that are told of, by name; undefined where there is no such object. */
  readonly namespaces: ReadonlyMap<string, JsonObject | undefined>;
  /** Of these namespaces, and those elsewhere that their workloads name. */
  readonly streams: readonly JsonObject[];
  /** Streams, "namespace/name", that may not be read. */
  readonly unreadable: ReadonlySet<string>;
  /** Workloads and pods of these namespaces. */
  readonly objects: readonly JsonObject[];
  readonly places: LocalPlaces;
  readonly exemptNamespaces: ReadonlySet<string>;
  readonly importer: Importer;
}

export interface Status {
  readonly namespaces: readonly NamespaceLine[];
  readonly workloads: readonly ContainerStatus[];
  readonly failingImports: readonly FailingImport[];
  readonly scheduledTags: readonly ScheduledTag[];
}

/** A container that runs what an image stream tag points to, or should. */
export interface ContainerStatus {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly container: string;
  readonly tag: TagName;
  /** What tells that it is this tag: the webhook's record, a trigger, the same pull spec, or the name as written. */
  readonly knownBy: 'record' | 'trigger' | 'pullSpec' | 'name';
  /** As the workload has it. */
  readonly image: string;
  /** What its pods run; empty without pods. */
  readonly runs: readonly { readonly image: string; readonly pods: number }[];
  /** Of what runs; of several the one that is furthest from the tag. */
  readonly state: TagState;
  /** The workload is further than its pods. */
  readonly rollingOut: boolean;
}

/** Which workloads use which tags, and what of all that needs a look. */
export function statusOf(facts: StatusFacts): Status {
  const streams = facts.streams.map(readWholeStream);
  const told = streams.filter(({ metadata }) => facts.namespaces.has(metadata.namespace));
  const rawByNamespace = Map.groupBy(facts.streams, (stream) => keyOf(stream).namespace);
  const lines = new Map(
    [...facts.namespaces].map(([name, object]) => [
      name,
      namespaceLine(name, object, rawByNamespace.get(name) ?? [], facts.exemptNamespaces),
    ]),
  );
  const book = createTagBook(streams, facts.places, facts.unreadable);
  const workloads = runningWorkloads(facts.objects).flatMap((workload) =>
    containersOf(workload, book, lines.get(workload.namespace)),
  );
  return {
    namespaces: [...lines.values()].toSorted((a, b) => compare(a.name, b.name)),
    workloads: workloads.toSorted((a, b) => compare(placeOf(a), placeOf(b))),
    failingImports: told.flatMap((stream) => failingImports(stream, facts.importer)),
    scheduledTags: told.flatMap(scheduledTags),
  };
}

/** The streams that workloads say they use: those of other namespaces have to be fetched, too. */
export function namedStreams(objects: readonly JsonObject[]): readonly ObjectKey[] {
  const keys = new Map<string, ObjectKey>();
  for (const { kind, object, images } of runningWorkloads(objects)) {
    for (const slot of images) {
      const tag = recordedTag(object, slot) ?? triggeringTag(kind, object, slot);
      if (tag !== undefined)
        keys.set(`${tag.namespace}/${tag.stream}`, { namespace: tag.namespace, name: tag.stream });
    }
  }
  return [...keys.values()];
}

function containersOf(
  workload: RunningWorkload,
  book: TagBook,
  line: NamespaceLine | undefined,
): readonly ContainerStatus[] {
  return workload.images.flatMap((slot) => {
    const used = tagUsed(workload, slot, book, line);
    if (used === undefined) return [];
    const { namespace, name, kind } = workload;
    const runs = [...runsOf(workload, slot)].map(([image, pods]) => ({ image, pods }));
    const own = stateOf(book, slot.image, used);
    const ofPods = runs.map(({ image }) => stateOf(book, image, used));
    const [state = own] = ofPods.toSorted((a, b) => distance(b) - distance(a));
    const rollingOut = (own.kind === 'current' || own.kind === 'behind') && distance(own) < distance(state);
    const { container, image } = slot;
    return [{ namespace, kind: kind.kind, name, container, ...used, image, runs, state, rollingOut }];
  });
}

type UsedTag = Pick<ContainerStatus, 'tag' | 'knownBy'>;

function tagUsed(
  { kind, namespace, object, pods }: RunningWorkload,
  slot: ImageSlot,
  book: TagBook,
  line: NamespaceLine | undefined,
): UsedTag | undefined {
  // Where names are resolved in pods only, it is they that have the record.
  const recorded =
    recordedTag(object, slot) ??
    pods.map((pod) => recordedTag(pod, runningSlot(pod, slot))).find((tag) => tag);
  if (recorded !== undefined) return { tag: recorded, knownBy: 'record' };
  const triggering = triggeringTag(kind, object, slot);
  if (triggering !== undefined) return { tag: triggering, knownBy: 'trigger' };
  const ofImage = book.tagOfImage(slot.image, namespace);
  if (ofImage !== undefined) return { tag: ofImage, knownBy: 'pullSpec' };
  const written = writtenTag(kind, object, slot, namespace, book, line);
  return written === undefined ? undefined : { tag: written, knownBy: 'name' };
}

/** The tag that the webhook recorded, as long as the image is the one of the record. */
function recordedTag(object: JsonObject, slot: ImageSlot | undefined): TagName | undefined {
  const record = slot && recordedImages(object).get(slot.container);
  if (record?.source?.kind !== 'ImageStreamTag' || record.to !== slot?.image) return undefined;
  const name = parseStreamTagName(record.source.name);
  return name.ok ? { namespace: record.source.namespace, stream: name.stream, tag: name.tag } : undefined;
}

function triggeringTag(
  kind: WorkloadKind,
  object: JsonObject,
  { container }: ImageSlot,
): TagName | undefined {
  const annotation = annotationsOf(object)[triggersAnnotation];
  const read = typeof annotation === 'string' ? readTriggers(annotation) : undefined;
  if (read?.ok !== true) return undefined;
  const trigger = read.triggers.find(({ fieldPath }) => {
    const target = locateContainer(fieldPath, kind, object);
    return target.outcome === 'set' && target.container === container;
  });
  if (trigger?.from.kind !== 'ImageStreamTag') return undefined;
  const { name, namespace } = trigger.from;
  const [stream = '', tag = ''] = name.split(':');
  const own = namespace === '' ? keyOf(object).namespace : namespace;
  return { namespace: own, stream, tag: tag === '' ? defaultTag : tag };
}

/** A short name in the workload that an image stream of its namespace would answer. */
function writtenTag(
  kind: WorkloadKind,
  object: JsonObject,
  { image }: ImageSlot,
  namespace: string,
  book: TagBook,
  line: NamespaceLine | undefined,
): TagName | undefined {
  const parsed = parseReference(image);
  if (!parsed.ok || line === undefined || line.exempt) return undefined;
  const { registry, namespace: path, name, tag, id } = parsed.reference;
  if (registry !== '' || path !== '' || id !== '') return undefined;
  const stream = book.stream(namespace, name);
  if (stream === undefined) return undefined;
  const isAsked =
    line.lookup === 'all' ||
    (line.lookup === 'enabled' && (stream.spec.lookupPolicy.local || asksToResolveNames(kind, object)));
  return isAsked ? { namespace, stream: name, tag: tag === '' ? defaultTag : tag } : undefined;
}

function stateOf(book: TagBook, image: string, { tag }: UsedTag): TagState {
  const state = book.stateOf(image, tag);
  // A name, not an image: it stands for whatever the tag points to when somebody resolves it.
  const isName = state.kind === 'unrelated' && !image.includes('@') && namesTag(image, tag);
  return isName || (state.kind === 'unrelated' && image.trim() === '') ? { kind: 'unresolved' } : state;
}

function namesTag(image: string, { stream, tag }: TagName): boolean {
  return image === `${stream}:${tag}` || (tag === defaultTag && image === stream);
}

/** How far from the tag: what is worse is more. */
function distance(state: TagState): number {
  switch (state.kind) {
    case 'current':
    case 'unknown':
      return 0;
    case 'behind':
      return state.by;
    case 'unrelated':
      return Number.MAX_SAFE_INTEGER - 2;
    case 'unresolved':
      return Number.MAX_SAFE_INTEGER - 1;
    case 'noImage':
    case 'noTag':
      return Number.MAX_SAFE_INTEGER;
  }
}

function placeOf({ namespace, kind, name }: ContainerStatus): string {
  return [namespace, kind, name].join('/');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
