import type { ClusterConfig } from '../policy/cluster-config.ts';
import type { MirrorRule, MirrorRules } from '../policy/mirrors.ts';
import type { Configuration } from './schema.ts';

/** The configuration with what the cluster's own `config.openshift.io` Image says put in its place (design section 3). */
export function withCluster(file: Configuration, cluster: ClusterConfig | undefined): Configuration {
  if (cluster === undefined) return file;
  const { registrySources, allowedRegistriesForImport, internalRegistryHostname } = cluster;
  return {
    ...file,
    ...(registrySources === undefined ? {} : { registrySources: copied(registrySources) }),
    ...(allowedRegistriesForImport === undefined
      ? {}
      : {
          allowedRegistriesForImport: allowedRegistriesForImport.map(({ domainName, insecure = false }) => ({
            domainName,
            insecure,
          })),
        }),
    ...(file.internalRegistryHostname === '' && internalRegistryHostname !== undefined
      ? { internalRegistryHostname }
      : {}),
  };
}

function copied(sources: NonNullable<ClusterConfig['registrySources']>): Configuration['registrySources'] {
  return {
    allowedRegistries: [...sources.allowedRegistries],
    blockedRegistries: [...sources.blockedRegistries],
    insecureRegistries: [...sources.insecureRegistries],
    containerRuntimeSearchRegistries: [...sources.containerRuntimeSearchRegistries],
  };
}

/** The mirrors of the file, then those of the cluster. */
export function mirrorRules(file: Configuration, cluster: ClusterConfig | undefined): MirrorRules {
  const { digestMirrors = [], tagMirrors = [] } = cluster?.mirrors ?? {};
  return {
    digestMirrors: [...file.imageDigestMirrors.map(ruleOf), ...digestMirrors],
    tagMirrors: [...file.imageTagMirrors.map(ruleOf), ...tagMirrors],
  };
}

function ruleOf({
  source,
  mirrors,
  mirrorSourcePolicy,
}: Configuration['imageDigestMirrors'][number]): MirrorRule {
  return { source, mirrors, neverContactSource: mirrorSourcePolicy === 'NeverContactSource' };
}
