import type { LocalRegistry } from '../imagestream/local-registry.ts';
import type { GroupResource } from '../policy/image-policy.ts';
import type { RegistrySources } from '../policy/registry-rules.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { FallbackLookup } from '../resolver/fallback.ts';
import type { FallbackSettings } from '../resolver/fallback-question.ts';
import type { ImageLookup } from '../resolver/lookup.ts';
import type { NamespaceLookup } from './namespace.ts';

/** What the administrator configured, ready to be asked. */
export interface AdmissionSettings {
  readonly imagePolicy: (resource: GroupResource) => ResourcePolicy;
  readonly registrySources: RegistrySources;
  /** host[:port]; empty: there is no internal registry. */
  readonly internalRegistryHostname: string;
  readonly localRegistry: LocalRegistry;
  readonly exemptNamespaces: ReadonlySet<string>;
  readonly missingTag: 'upstream' | 'deny';
  readonly fallback: FallbackSettings;
  /** Also resolve Pods whose controller is none of the built-in workloads. */
  readonly ownedPods: boolean;
  /** What becomes of a workload whose triggers cannot be followed. */
  readonly invalidTriggers: 'deny' | 'warn';
}

/** Everything a decision may ask; all of it answers from memory. */
export interface AdmissionContext {
  readonly settings: AdmissionSettings;
  readonly images: ImageLookup;
  /** What is known of images outside of streams; absent where registries are not asked. */
  readonly fallback?: Pick<FallbackLookup, 'peek'>;
  readonly namespaces: NamespaceLookup;
}
