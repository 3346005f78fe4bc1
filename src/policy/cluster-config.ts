import type { AllowedRegistry } from './import-allow-list.ts';
import type { MirrorRules } from './mirrors.ts';
import type { RegistrySources } from './registry-rules.ts';

/**
 * What a cluster says of registries in its own objects of `config.openshift.io/v1`: the Image named `cluster`, and all
 * mirror sets. What is absent the cluster does not say, and a configuration file may.
 */
export interface ClusterConfig {
  /** `spec.registrySources`, with every list in place. */
  readonly registrySources?: RegistrySources & {
    readonly insecureRegistries: readonly string[];
    readonly containerRuntimeSearchRegistries: readonly string[];
  };
  /** `spec.allowedRegistriesForImport`. */
  readonly allowedRegistriesForImport?: readonly AllowedRegistry[];
  /** `status.internalRegistryHostname`. */
  readonly internalRegistryHostname?: string;
  readonly mirrors: MirrorRules;
}
