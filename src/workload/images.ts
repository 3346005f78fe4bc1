import { workloadKinds, type WorkloadKind } from './kinds.ts';
import { asObject, asText, isObject, findObject } from '../json/untyped.ts';

/** What a container, a volume or a build names as its image. */
export interface ImageSlot {
  readonly role: ImageRole;
  /** The container's name; `volume:NAME` for an image volume; the field for a build's reference. */
  readonly container: string;
  /** Key of its audit annotation: "containers.0". */
  readonly key: string;
  /** JSON pointer to what a rewrite replaces. */
  readonly pointer: string;
  /** The place as Kubernetes writes it: "spec.containers[0].image". */
  readonly field: string;
  /** The image string, or the name in a build's object reference. */
  readonly image: string;
  /** Builds only: the reference as it stands, whose kind says how to read the name. */
  readonly buildReference?: { readonly kind: string; readonly namespace: string };
}

export type ImageRole = 'initContainers' | 'containers' | 'ephemeralContainers' | 'volumes' | 'build';

const containerRoles = ['initContainers', 'containers'] as const;

/**
 * Every image that an object of this kind names, in upstream's order: init containers, containers, then what is ours,
 * image volumes; for builds the sources, then the strategy (spec openshift-admission.md 3.4). Ephemeral containers are
 * read by {@link ephemeralImages}: they come through a subresource only.
 */
export function imagesOf(kind: WorkloadKind, object: unknown): readonly ImageSlot[] {
  if (kind.build === true) return buildImages(object);
  const place = ofKinds.get(kind) ?? podSpecOf(kind);
  const podSpec = findObject(object, place.path);
  if (podSpec === undefined) return [];
  const slots: ImageSlot[] = [];
  for (const role of containerRoles) addContainers(slots, podSpec[role], role, place);
  addVolumes(slots, podSpec.volumes, place);
  return slots;
}

/** The images of a Pod's ephemeral containers. */
export function ephemeralImages(pod: unknown): readonly ImageSlot[] {
  const podSpec = findObject(pod, ofPod.path);
  const slots: ImageSlot[] = [];
  addContainers(slots, podSpec?.ephemeralContainers, 'ephemeralContainers', ofPod);
  return slots;
}

function addContainers(slots: ImageSlot[], list: unknown, role: ListRole, podSpec: PodSpecPlace): void {
  if (!Array.isArray(list)) return;
  let index = -1;
  for (const entry of list as readonly unknown[]) {
    index += 1;
    const { name, image } = asObject(entry);
    // A container without an image is legal in templates that another webhook completes.
    if (typeof image !== 'string') continue;
    const { key, pointer, field } = placeIn(podSpec, role, index);
    slots.push({ role, container: asText(name), key, pointer, field, image });
  }
}

function addVolumes(slots: ImageSlot[], list: unknown, podSpec: PodSpecPlace): void {
  if (!Array.isArray(list)) return;
  let index = -1;
  for (const entry of list as readonly unknown[]) {
    index += 1;
    const { name, image } = asObject(entry);
    const { reference } = asObject(image);
    if (typeof reference !== 'string' || reference === '') continue;
    const { key, pointer, field } = placeIn(podSpec, 'volumes', index);
    const container = `volume:${asText(name)}`;
    slots.push({ role: 'volumes', container, key, pointer, field, image: reference });
  }
}

function buildImages(build: unknown): readonly ImageSlot[] {
  const slots: ImageSlot[] = [];
  const add = (from: unknown, path: readonly (string | number)[]) => {
    if (!isObject(from)) return;
    const field = fieldOf([...path, 'name']);
    slots.push({
      role: 'build',
      container: field,
      key: keyOf(path),
      pointer: pointerOf(path),
      field,
      image: asText(from.name),
      buildReference: { kind: asText(from.kind), namespace: asText(from.namespace) },
    });
  };
  const sources = findObject(build, ['spec', 'source'])?.images;
  if (Array.isArray(sources)) {
    sources.forEach((source: unknown, index) =>
      add(asObject(source).from, ['spec', 'source', 'images', index, 'from']),
    );
  }
  for (const strategy of ['customStrategy', 'dockerStrategy', 'sourceStrategy']) {
    add(findObject(build, ['spec', 'strategy', strategy])?.from, ['spec', 'strategy', strategy, 'from']);
  }
  return slots;
}

/** Where an image is named. */
type Place = Pick<ImageSlot, 'key' | 'pointer' | 'field'>;

/** Where a pod spec is, with the places in its lists that were named before: almost all objects name their images in the same ones. */
interface PodSpecPlace {
  readonly path: readonly string[];
  readonly known: Readonly<Record<ListRole, Place[]>>;
}

type ListRole = Exclude<ImageRole, 'build'>;

const knownMax = 64;

function podSpecAt(path: readonly string[]): PodSpecPlace {
  return { path, known: { initContainers: [], containers: [], ephemeralContainers: [], volumes: [] } };
}

function podSpecOf({ template = [] }: WorkloadKind): PodSpecPlace {
  return podSpecAt([...template, 'spec']);
}

const ofPod = podSpecAt(['spec']);
const ofKinds = new Map(workloadKinds.map((kind) => [kind, podSpecOf(kind)]));

function placeIn(podSpec: PodSpecPlace, role: ListRole, index: number): Place {
  const known = podSpec.known[role];
  const place = known[index] ?? newPlace([...podSpec.path, role, index], role);
  // One after another, so that the list has no holes.
  if (index === known.length && index < knownMax) known.push(place);
  return place;
}

function newPlace(entry: readonly (string | number)[], role: ListRole): Place {
  const path = [...entry, ...(role === 'volumes' ? ['image', 'reference'] : ['image'])];
  return { key: entry.slice(-2).join('.'), pointer: pointerOf(path), field: fieldOf(path) };
}

function keyOf(path: readonly (string | number)[]): string {
  return path.slice(1).join('.');
}

/** No step of our paths holds a character that RFC 6901 escapes. */
function pointerOf(path: readonly (string | number)[]): string {
  return `/${path.join('/')}`;
}

function fieldOf(path: readonly (string | number)[]): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`))
    .join('');
}
