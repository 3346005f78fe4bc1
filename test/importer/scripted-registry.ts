import type { ManifestQuery, ManifestSource, RepositoryQuery } from '../../src/importer/manifest-source.ts';
import type { RegistryAnswer, RegistryFailure, RegistryFailureKind } from '../../src/oci/failure.ts';
import type { ImageIndex, ImageManifest, Manifest } from '../../src/oci/manifest.ts';

/** The digest of the image, index or blob with this number. */
export const digest = (number: number) => `sha256:${number.toString(16).padStart(64, '0')}`;

/** An image with a configuration and two layers of its own. */
export function image(number: number): ImageManifest {
  const blob = (offset: number, size: number) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digest(number * 1000 + offset),
    size,
  });
  return {
    kind: 'image',
    digest: digest(number),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    size: 500,
    config: { ...blob(1, 70), mediaType: 'application/vnd.oci.image.config.v1+json' },
    layers: [blob(2, 1000), blob(3, 2000)],
  };
}

/** An index of images: platforms such as "linux/arm64", each with the image's number. */
export function index(number: number, images: Readonly<Record<string, number>>): ImageIndex {
  return {
    kind: 'index',
    digest: digest(number),
    mediaType: 'application/vnd.oci.image.index.v1+json',
    size: 900,
    manifests: Object.entries(images).map(([platform, part]) => {
      const [os = '', architecture = ''] = platform.split('/');
      const { mediaType, size } = image(part);
      return { mediaType, size, digest: digest(part), platform: { architecture, os } };
    }),
  };
}

export interface Asked {
  readonly operation: 'digest' | 'manifest' | 'config' | 'tags';
  /** "registry/repository", and ":tag" or "@digest" of what was asked for. */
  readonly what: string;
  readonly query: RepositoryQuery;
}

/** Registries that hold what a test puts there, fail as it says, and keep every request. */
export class ScriptedRegistry implements ManifestSource {
  readonly asked: Asked[] = [];
  /** Called with every request, before it is answered. */
  onAsked: (asked: Asked) => void = () => undefined;
  readonly #manifests = new Map<string, Manifest>();
  readonly #failures = new Map<string, RegistryFailure>();
  readonly #silent = new Set<string>();
  readonly #notes = new Map<string, string>();

  /** Puts it at `place` ("reg.acme.test/crew/web:v1") and under its digest, with the images of an index. */
  serve(place: string, manifest: Manifest): this {
    const repository = place.replace(/(:[^:/]+|@.*)$/, '');
    this.#manifests.set(place, manifest);
    this.#manifests.set(`${repository}@${manifest.digest}`, manifest);
    if (manifest.kind === 'index') {
      for (const entry of manifest.manifests) {
        const number = Number.parseInt(entry.digest.slice('sha256:'.length), 16);
        this.#manifests.set(`${repository}@${entry.digest}`, image(number));
      }
    }
    return this;
  }

  drop(place: string): this {
    this.#manifests.delete(place);
    return this;
  }

  /** Everything that begins with `prefix` fails so; until `mend`. */
  fail(prefix: string, kind: RegistryFailureKind, more: { readonly retryAfterMs?: number } = {}): this {
    const place = { registry: prefix.split('/')[0] ?? '', repository: '', detail: `it is ${kind}` };
    this.#failures.set(prefix, { status: 503, retryAfterMs: 0, ...place, kind, ...more });
    return this;
  }

  mend(prefix: string): this {
    this.#failures.delete(prefix);
    this.#silent.delete(prefix);
    return this;
  }

  /** Everything that begins with `prefix` is never answered. */
  silence(prefix: string): this {
    this.#silent.add(prefix);
    return this;
  }

  /** Answers about what begins with `prefix` carry this note. */
  remark(prefix: string, note: string): this {
    this.#notes.set(prefix, note);
    return this;
  }

  /** The requests since the last call, as "operation what". */
  take(): string[] {
    return this.asked.splice(0).map(({ operation, what }) => `${operation} ${what}`);
  }

  digest(query: ManifestQuery, signal: AbortSignal): Promise<RegistryAnswer<string>> {
    return this.#answer('digest', query, named(query), signal, (what) => this.#manifests.get(what)?.digest);
  }

  manifest(query: ManifestQuery, signal: AbortSignal): Promise<RegistryAnswer<Manifest>> {
    return this.#answer('manifest', query, named(query), signal, (what) => this.#manifests.get(what));
  }

  config(query: RepositoryQuery, blob: string, signal: AbortSignal): Promise<RegistryAnswer<object>> {
    return this.#answer('config', query, `@${blob}`, signal, () => ({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { blob } },
    }));
  }

  tags(query: RepositoryQuery, signal: AbortSignal): Promise<RegistryAnswer<readonly string[]>> {
    return this.#answer('tags', query, '', signal, (what) => {
      const tags = [...this.#manifests.keys()].filter((place) => place.startsWith(`${what}:`));
      return tags.length === 0 ? undefined : tags.map((place) => place.slice(what.length + 1));
    });
  }

  async #answer<T>(
    operation: Asked['operation'],
    query: RepositoryQuery,
    named: string,
    signal: AbortSignal,
    find: (what: string) => T | undefined,
  ): Promise<RegistryAnswer<T>> {
    signal.throwIfAborted();
    const { registry, repository } = query;
    const what = `${registry}/${repository}${named}`;
    const asked: Asked = { operation, what, query };
    this.asked.push(asked);
    this.onAsked(asked);
    const begins = (prefix: string) => what.startsWith(prefix);
    if ([...this.#silent].some(begins)) await untilAborted(signal);
    const notes = [...this.#notes].filter(([prefix]) => begins(prefix)).map(([, note]) => note);
    const failing = [...this.#failures].find(([prefix]) => begins(prefix))?.[1];
    if (failing !== undefined) return { ok: false, failure: failing, notes };
    const value = find(what);
    if (value !== undefined) return { ok: true, value, notes };
    return { ok: false, failure: { kind: 'notFound', registry, repository, detail: 'not found' }, notes };
  }
}

function named({ reference }: ManifestQuery): string {
  return reference.includes(':') ? `@${reference}` : `:${reference}`;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
