import type { ObjectClient } from '../commands/object-client.ts';
import type { StreamActions } from '../commands/stream-actions.ts';
import type { LocalPlaces } from '../imagestream/local-registry.ts';
import type { AdmissionContext } from '../admission/settings.ts';
import type { FallbackLookup } from '../resolver/fallback.ts';
import type { ImportMode } from '../imagestream/whole-stream.ts';

/** What stands behind the verbs: a cluster, or a folder of files. */
export interface Backend {
  readonly kind: 'cluster' | 'openshift' | 'directory';
  /** The namespace that is meant where none is named. A folder with several throws: it must be said. */
  readonly namespace: string;
  /** The same, with something for a folder with several. */
  readonly namespaceOr: (fallback: string) => string;
  readonly objects: ObjectClient;
  readonly streams: StreamActions;
  /** The settings that texts depend on: the server's, of `--config`, or the built-in ones. */
  readonly settings: () => Promise<ClientSettings>;
  /** Everything that decisions about objects of these namespaces ask. */
  readonly decisions: (namespaces: readonly string[]) => Promise<Decisions>;
  readonly close: () => Promise<void>;
}

export interface ClientSettings extends LocalPlaces {
  readonly defaultMode: ImportMode;
  readonly exemptNamespaces: ReadonlySet<string>;
}

export interface Decisions {
  readonly context: AdmissionContext;
  /** Registries, where the configuration has them asked; undefined: never. */
  readonly fallback: (Pick<FallbackLookup, 'ask'> & { readonly timeoutMs: () => number }) | undefined;
  /** What qualifies all answers. */
  readonly notes: readonly string[];
}
