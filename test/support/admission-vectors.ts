import { readVectors } from './vectors.ts';

/** One row of admission.json; the file's own `schema` documents every field. */
export interface AdmissionVector {
  readonly id: string;
  readonly description: string;
  readonly config: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly namespace: string;
  readonly namespaceObject?: { readonly labels?: object; readonly annotations?: object };
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: { readonly group: string; readonly resource: string };
  readonly annotations?: Annotations;
  readonly ownerReferences?: readonly object[];
  readonly containerField?: string;
  readonly containerName?: string;
  readonly containerExtra?: object;
  readonly imagePullPolicy?: string;
  readonly fromKind?: string;
  readonly image?: string;
  readonly containers?: readonly Container[];
  readonly omitTemplate?: boolean;
  readonly old?: Stored;
  readonly imageStreams: readonly RawStream[];
  readonly images?: readonly RawObject[];
  readonly missingImages?: readonly string[];
  readonly serverError?: number;
  readonly expect: Expectation;
}

export interface Expectation {
  readonly image?: string;
  readonly images?: readonly string[];
  readonly unchanged?: boolean;
  readonly denied?: {
    readonly httpStatus: number;
    readonly reason: string;
    readonly causes: readonly { readonly field: string; readonly type: string; readonly detail: string }[];
  };
}

interface Annotations {
  readonly object?: object;
  readonly template?: object;
  readonly jobTemplate?: object;
}
interface Container {
  readonly field: string;
  readonly name: string;
  readonly image: string;
}
interface Stored {
  readonly annotations?: Annotations;
  readonly image?: string;
  readonly containers?: readonly Container[];
  readonly containerName?: string;
  readonly containerField?: string;
}
interface RawObject {
  readonly metadata: { readonly name: string };
}
interface RawStream {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly status?: {
    readonly tags?: readonly { readonly items?: readonly { readonly image: string }[] | null }[];
  };
}

interface VectorFile {
  readonly integratedRegistry: string;
  readonly configs: Readonly<Record<string, object>>;
  readonly vectors: readonly AdmissionVector[];
}

export const { integratedRegistry, configs, vectors } = readVectors('admission.json') as VectorFile;

/**
 * Where we decide otherwise than upstream, on purpose: the vector's id, why, and what we do instead. Each has its row in
 * docs/compatibility.md.
 */
export const deviations: Readonly<Record<string, { readonly why: string; readonly expect: Expectation }>> = {
  A31: {
    why: 'an empty image string helps nobody: a recorded reference without a repository leaves the name alone',
    expect: { unchanged: true },
  },
  B15: {
    why: "a missing Image object does not block resolution: the tag event's digest is enough",
    expect: { image: `registry.internal.example:5000/shop/storefront@sha256:${'a'.repeat(64)}` },
  },
  D17: {
    why: 'image volumes are resolved on creation',
    expect: { image: `registry.internal.example:5000/shop/app@sha256:${'f'.repeat(64)}` },
  },
  G11: {
    why: 'streams are watched, not asked per request: an outage of the image API changes nothing',
    expect: { unchanged: false, image: `registry.internal.example:5000/shop/app@sha256:${'f'.repeat(64)}` },
  },
  H23: {
    why: 'matchIntegratedRegistry knows the host of the internal registry',
    expect: {
      denied: {
        httpStatus: 422,
        reason: 'Invalid',
        causes: [{ field: 'spec.containers[0].image', type: 'FieldValueForbidden', detail: 'resolution' }],
      },
    },
  },
};

export function expectationOf(vector: AdmissionVector): Expectation {
  return deviations[vector.id]?.expect ?? vector.expect;
}

/** The cluster's objects of a vector: every image that a status names has an Image, unless the vector says otherwise. */
export function clusterOf(vector: AdmissionVector): {
  streams: object[];
  images: object[];
  namespaces: object[];
} {
  const named = vector.imageStreams.flatMap(({ status }) =>
    (status?.tags ?? []).flatMap(({ items }) => (items ?? []).map(({ image }) => image)),
  );
  const images = new Map<string, object>(
    named.filter((name) => name !== '').map((name) => [name, { ...imageType, metadata: { name } }]),
  );
  for (const image of vector.images ?? []) images.set(image.metadata.name, { ...imageType, ...image });
  for (const name of vector.missingImages ?? []) images.delete(name);
  const namespaces =
    vector.namespace === ''
      ? []
      : [
          {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: { name: vector.namespace, ...vector.namespaceObject },
          },
        ];
  return { streams: [...vector.imageStreams], images: [...images.values()], namespaces };
}

const imageType = { apiVersion: 'image.openshift.io/v1', kind: 'Image' };

/** The AdmissionReview request of a vector. */
export function requestOf(vector: AdmissionVector) {
  const { apiVersion, kind, resource, operation, namespace } = vector;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const object = operation === 'DELETE' ? null : objectOf(vector, vector);
  const oldObject =
    operation === 'CREATE'
      ? null
      : objectOf(vector, { ...vector, containers: undefined, image: undefined, ...vector.old });
  return {
    uid: `00000000-0000-0000-0000-${vector.id.toLowerCase().padStart(12, '0')}`,
    kind: { group: resource.group, version, kind },
    resource: { group: resource.group, version, resource: resource.resource },
    ...(vector.subresource === undefined ? {} : { subResource: vector.subresource }),
    name: 'x',
    namespace,
    operation,
    object,
    oldObject,
    dryRun: vector.dryRun ?? false,
  };
}

type Contents = Omit<Stored, 'image' | 'containers'> & {
  readonly image?: string | undefined;
  readonly containers?: readonly Container[] | undefined;
};

function objectOf(vector: AdmissionVector, contents: Contents): object {
  const { apiVersion, kind, namespace, ownerReferences } = vector;
  const annotations = contents.annotations ?? {};
  const metadata = {
    name: 'x',
    ...(namespace === '' ? {} : { namespace }),
    annotations: annotations.object ?? {},
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  };
  return { apiVersion, kind, metadata, spec: specOf(vector, contents, annotations) };
}

function specOf(vector: AdmissionVector, contents: Contents, annotations: Annotations): object {
  if (vector.kind === 'Build' || vector.kind === 'BuildConfig') return buildSpec(vector, contents);
  const podSpec = podSpecOf(vector, contents);
  const template = { metadata: { annotations: annotations.template ?? {} }, spec: podSpec };
  switch (vector.kind) {
    case 'Pod':
      return podSpec;
    case 'Node':
      return {};
    case 'CronJob':
      return {
        jobTemplate: { metadata: { annotations: annotations.jobTemplate ?? {} }, spec: { template } },
      };
    default:
      return vector.omitTemplate === true ? {} : { template };
  }
}

function podSpecOf(vector: AdmissionVector, contents: Contents): object {
  const spec: Record<string, object[] | undefined> = {};
  const extra = {
    ...vector.containerExtra,
    ...(vector.imagePullPolicy === undefined ? {} : { imagePullPolicy: vector.imagePullPolicy }),
  };
  for (const { field, name, image } of containersOf(vector, contents)) {
    if (field === 'volumes.image') (spec.volumes ??= []).push({ name, image: { reference: image } });
    else (spec[field] ??= []).push({ name, image, ...extra });
  }
  return spec;
}

function containersOf(vector: AdmissionVector, contents: Contents): readonly Container[] {
  if (contents.containers !== undefined) return contents.containers;
  if (contents.image === undefined) return [];
  const field = contents.containerField ?? vector.containerField ?? 'containers';
  return [{ field, name: contents.containerName ?? 'c0', image: contents.image }];
}

function buildSpec({ containerField, fromKind }: AdmissionVector, { image }: Contents): object {
  const from = { kind: fromKind ?? 'DockerImage', name: image };
  return containerField === 'build.output.to'
    ? { output: { to: from }, strategy: {} }
    : { strategy: { sourceStrategy: { from } } };
}

/** The image strings of an object, in the order of the vector's containers. */
export function imagesIn(vector: AdmissionVector, object: unknown): readonly unknown[] {
  const at = (path: readonly string[]) =>
    path.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], object);
  if (vector.containerField?.startsWith('build.') === true) {
    return [
      at(['spec', 'strategy', 'sourceStrategy', 'from', 'name']) ?? at(['spec', 'output', 'to', 'name']),
    ];
  }
  const specPath = { Pod: ['spec'], CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'] }[
    vector.kind
  ];
  const spec = at(specPath ?? ['spec', 'template', 'spec']) as Record<
    string,
    { name: string; image: unknown }[]
  >;
  return containersOf(vector, vector).map(({ field, name }) => {
    const entry = spec[field === 'volumes.image' ? 'volumes' : field]?.find(
      (candidate) => candidate.name === name,
    );
    return field === 'volumes.image' ? (entry?.image as { reference: unknown }).reference : entry?.image;
  });
}

/** What the vector expects those strings to be. */
export function expectedImages(vector: AdmissionVector): readonly string[] {
  const { image, images } = expectationOf(vector);
  if (images !== undefined) return images;
  return image === undefined ? containersOf(vector, vector).map((container) => container.image) : [image];
}
