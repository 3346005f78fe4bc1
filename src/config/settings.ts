import type { AdmissionSettings } from '../admission/settings.ts';
import type { ImagePolicyConfig } from '../policy/image-policy.ts';
import { imagePolicy } from '../policy/resource-policy.ts';
import type { Configuration } from './schema.ts';

/** The part of a configuration that admission asks, made ready to be asked. */
export function admissionSettings(configuration: Configuration): AdmissionSettings {
  const { lookup, registrySources, internalRegistryHostname } = configuration;
  return {
    imagePolicy: imagePolicy(withoutUndefined(configuration.imagePolicy)),
    registrySources,
    internalRegistryHostname,
    exemptNamespaces: new Set(lookup.exemptNamespaces),
    missingTag: lookup.missingTag,
    ownedPods: lookup.ownedPods,
  };
}

/** Schemas give `undefined` for what is left out; the types of the pure rooms know absent keys only. */
function withoutUndefined(policy: Configuration['imagePolicy']): ImagePolicyConfig {
  return JSON.parse(JSON.stringify(policy)) as ImagePolicyConfig;
}
