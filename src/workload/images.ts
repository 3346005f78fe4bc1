import type { WorkloadKind } from './kinds.ts';
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
  const path = [...(kind.template ?? []), 'spec'];
  const podSpec = findObject(object, path);
  if (podSpec === undefined) return [];
  const place = placeOf(path);
  return [
    ...containerRoles.flatMap((role) => containerImages(podSpec[role], role, place)),
    ...volumeImages(podSpec.volumes, place),
  ];
}

/** The images of a Pod's ephemeral containers. */
export function ephemeralImages(pod: unknown): readonly ImageSlot[] {
  const podSpec = findObject(pod, ['spec']);
  return podSpec === undefined
    ? []
    : containerImages(podSpec.ephemeralContainers, 'ephemeralContainers', placeOf(['spec']));
}

function containerImages(list: unknown, role: ImageRole, podSpec: Place): readonly ImageSlot[] {
  if (!Array.isArray(list)) return [];
  const slots: ImageSlot[] = [];
  list.forEach((entry: unknown, index) => {
    const { name, image } = asObject(entry);
    // A container without an image is legal in templates that another webhook completes.
    if (typeof image !== 'string') return;
    slots.push({
      role,
      container: asText(name),
      key: `${role}.${index}`,
      pointer: `${podSpec.pointer}/${role}/${index}/image`,
      field: `${podSpec.field}.${role}[${index}].image`,
      image,
    });
  });
  return slots;
}

function volumeImages(list: unknown, podSpec: Place): readonly ImageSlot[] {
  if (!Array.isArray(list)) return [];
  const slots: ImageSlot[] = [];
  list.forEach((entry: unknown, index) => {
    const { name, image } = asObject(entry);
    const { reference } = asObject(image);
    if (typeof reference !== 'string' || reference === '') return;
    slots.push({
      role: 'volumes',
      container: `volume:${asText(name)}`,
      key: `volumes.${index}`,
      pointer: `${podSpec.pointer}/volumes/${index}/image/reference`,
      field: `${podSpec.field}.volumes[${index}].image.reference`,
      image: reference,
    });
  });
  return slots;
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

/** Where a pod spec is; put together once, and its images' places from it. */
type Place = Pick<ImageSlot, 'pointer' | 'field'>;

function placeOf(path: readonly (string | number)[]): Place {
  return { pointer: pointerOf(path), field: fieldOf(path) };
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
