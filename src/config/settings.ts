import type { AdmissionSettings } from '../admission/settings.ts';
import type { ImagePolicyConfig } from '../policy/image-policy.ts';
import { imagePolicy } from '../policy/resource-policy.ts';
import type { FallbackSettings } from '../resolver/fallback-question.ts';
import type { Configuration } from './schema.ts';

/** The part of a configuration that admission asks, made ready to be asked. */
export function admissionSettings(configuration: Configuration): AdmissionSettings {
  const { lookup, registrySources, internalRegistryHostname } = configuration;
  return {
    imagePolicy: imagePolicy(withoutUndefined(configuration.imagePolicy)),
    registrySources,
    internalRegistryHostname,
    localRegistry: configuration.localRegistry,
    exemptNamespaces: new Set(lookup.exemptNamespaces),
    missingTag: lookup.missingTag,
    ownedPods: lookup.ownedPods,
    invalidTriggers: configuration.triggers.onInvalid,
    fallback: fallbackSettings(configuration),
  };
}

/** Without a search list of its own, the hosts among the allowed registries are one, in their order. */
function fallbackSettings({ fallback, registrySources }: Configuration): FallbackSettings {
  const { containerRuntimeSearchRegistries: search, allowedRegistries, insecureRegistries } = registrySources;
  const hosts = allowedRegistries.filter((entry) => /^[^*/@]+$/.test(entry));
  return {
    mode: fallback.mode,
    pinQualified: fallback.pinQualified,
    onFailure: fallback.onFailure,
    search: search.length > 0 ? search : hosts,
    insecureRegistries,
  };
}

/** Schemas give `undefined` for what is left out; the types of the pure rooms know absent keys only. */
function withoutUndefined(policy: Configuration['imagePolicy']): ImagePolicyConfig {
  return JSON.parse(JSON.stringify(policy)) as ImagePolicyConfig;
}
