import { expect } from '@jest/globals';
import { requestAnnotations } from '../../../src/importer/requests.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { StatusError } from '../../../src/kube/status-error.ts';
import { eventually } from '../../support/eventually.ts';
import type { Json } from '../manifests/objects.ts';
import type { Registry } from '../registry.ts';

export interface StreamItem {
  readonly created: string;
  readonly dockerImageReference: string;
  readonly image: string;
  readonly generation: number;
}

export interface StreamCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface StreamTag {
  readonly tag: string;
  /** Null or absent where there is no history. */
  readonly items?: readonly StreamItem[] | null;
  readonly conditions?: readonly StreamCondition[];
  readonly observed?: {
    readonly digest?: string;
    readonly requestedAt?: string;
    readonly triggeredGeneration?: number;
  };
}

/** An image stream as the API has it. */
export interface StreamObject {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly generation: number;
    readonly managedFields: readonly {
      readonly manager: string;
      readonly subresource?: string;
      readonly fieldsV1: object;
    }[];
  };
  readonly spec: { readonly tags: readonly Json[] };
  readonly status?: {
    readonly tags?: readonly StreamTag[];
    readonly observed?: {
      readonly deleteRequestedAt?: string;
      readonly checkRequestedAt?: string;
      readonly repository?: {
        readonly additionalTags?: number;
        readonly conditions?: readonly StreamCondition[];
      };
    };
  };
}

export interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** An Image as the importer makes it. */
export interface ImageObject {
  readonly dockerImageReference: string;
  readonly dockerImageManifestMediaType: string;
  readonly dockerImageLayers?: readonly { readonly name: string }[];
  readonly dockerImageMetadata?: { readonly Architecture: string; readonly Size: number };
  readonly dockerImageManifests?: readonly { readonly digest: string; readonly architecture: string }[];
}

/** A spec tag from an image of a test registry, over plain HTTP; what is further is laid over it. */
export function fromRegistry(
  name: string,
  registry: Pick<Registry, 'host'>,
  image: string,
  further: Json = {},
): Json {
  const { importPolicy = {}, ...rest } = further as { importPolicy?: Json };
  return {
    name,
    from: { kind: 'DockerImage', name: `${registry.host}/${image}` },
    importPolicy: { insecure: true, ...importPolicy },
    ...rest,
  };
}

const untilMs = 20_000;

/** Image streams of one control plane, as an admin writes and reads them. */
export class Streams {
  readonly #client: () => KubeClient;
  #tokens = 0;

  constructor(client: () => KubeClient) {
    this.#client = client;
  }

  async create(
    namespace: string,
    name: string,
    tags: readonly Json[],
    further: { annotations?: Json; spec?: Json } = {},
  ) {
    const { annotations = {}, spec = {} } = further;
    await this.#client().create(pathOf(namespace), {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name, namespace, annotations },
      spec: { tags, ...spec },
    });
  }

  async get(namespace: string, name: string): Promise<StreamObject> {
    return (await this.#client().get(pathOf(namespace, name))) as StreamObject;
  }

  async patch(namespace: string, name: string, patch: object): Promise<void> {
    await this.#client().patch(pathOf(namespace, name), patch, 'merge');
  }

  async remove(namespace: string, name: string): Promise<void> {
    await this.#client().delete(pathOf(namespace, name));
  }

  async setTags(namespace: string, name: string, tags: readonly Json[]): Promise<void> {
    await this.patch(namespace, name, { spec: { tags } });
  }

  /** Asks the importer for something, for these tags or for all; gives the token of the request. */
  async request(
    which: keyof typeof requestAnnotations,
    namespace: string,
    name: string,
    ...tags: readonly string[]
  ): Promise<string> {
    this.#tokens += 1;
    const token = `request-${this.#tokens}`;
    const annotations = { [requestAnnotations[which]]: [token, ...tags].join(' ') };
    await this.patch(namespace, name, { metadata: { annotations } });
    return token;
  }

  /** Asks for an import of one tag and waits until it is answered; gives the tag. */
  async imported(namespace: string, name: string, tag: string): Promise<StreamTag> {
    const token = await this.request('import', namespace, name, tag);
    return this.untilTag(namespace, name, tag, ({ observed }) => expect(observed?.requestedAt).toBe(token));
  }

  async tag(namespace: string, name: string, tag: string): Promise<StreamTag | undefined> {
    return (await this.get(namespace, name)).status?.tags?.find((candidate) => candidate.tag === tag);
  }

  /** The tag once `check` does not throw. */
  async untilTag(
    namespace: string,
    name: string,
    tag: string,
    check: (tag: StreamTag) => void,
    timeoutMs = untilMs,
  ): Promise<StreamTag> {
    const describe = `${namespace}/${name}:${tag}`;
    return eventually(
      async () => {
        const found = await this.tag(namespace, name, tag);
        if (found === undefined) throw new Error('the tag has no status');
        check(found);
        return found;
      },
      { describe, timeoutMs },
    );
  }

  /** Waits until the tag's history is these digests, newest first, and nothing else. */
  async untilHistory(
    namespace: string,
    name: string,
    tag: string,
    digests: readonly string[],
    timeoutMs = untilMs,
  ): Promise<StreamTag> {
    const check = (found: StreamTag): void => expect(historyOf(found)).toEqual(digests);
    return this.untilTag(namespace, name, tag, check, timeoutMs);
  }

  /** Waits until the last import of the tag has failed; gives why. */
  async untilFailure(
    namespace: string,
    name: string,
    tag: string,
    timeoutMs = untilMs,
  ): Promise<StreamCondition> {
    const find = ({ conditions = [] }: StreamTag) => conditions.find(({ type }) => type === 'ImportSuccess');
    const failing = await this.untilTag(
      namespace,
      name,
      tag,
      (found) => expect(find(found)).toBeDefined(),
      timeoutMs,
    );
    const condition = find(failing);
    if (condition === undefined) throw new Error('a tag that failed without a condition');
    return condition;
  }

  async events(namespace: string, name: string): Promise<readonly EventObject[]> {
    const query = new URLSearchParams({
      fieldSelector: `involvedObject.name=${name},involvedObject.kind=ImageStream`,
    });
    const list = await this.#client().get(`/api/v1/namespaces/${namespace}/events?${query.toString()}`);
    return (list as { readonly items: readonly EventObject[] }).items.map(({ type, reason, message }) => ({
      type,
      reason,
      message,
    }));
  }

  /** Waits for an event that fits. */
  async untilEvent(namespace: string, name: string, event: Partial<EventObject>): Promise<void> {
    await eventually(
      async () => expect(await this.events(namespace, name)).toContainEqual(expect.objectContaining(event)),
      { describe: `an event on ${namespace}/${name}`, timeoutMs: untilMs },
    );
  }

  /** The Image of a digest; undefined where there is none. */
  async image(digest: string): Promise<ImageObject | undefined> {
    try {
      const path = `/apis/image.openshift.io/v1/images/${digest.replace(':', '-')}`;
      return (await this.#client().get(path)) as ImageObject;
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return undefined;
      throw error;
    }
  }
}

/** The digests of a tag's history, newest first. */
export function historyOf(tag: StreamTag | undefined): readonly string[] {
  return (tag?.items ?? []).map(({ image }) => image);
}

export function conditionTypes(tag: StreamTag | undefined): readonly string[] {
  return (tag?.conditions ?? []).map(({ type }) => type);
}

export function pathOf(namespace: string, name?: string): string {
  const collection = `/apis/image.openshift.io/v1/namespaces/${namespace}/imagestreams`;
  return name === undefined ? collection : `${collection}/${name}`;
}
