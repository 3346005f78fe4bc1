import { bool, count, timeLimit, text, texts, type FlagValues } from './flags.ts';

/** The flags that every verb for people takes. */
export const globalFlags = {
  objects: text(
    'DIR',
    'work on the objects in a folder of YAML or JSON, in place; without it, on the cluster',
  ),
  namespace: text('NAMESPACE', 'namespace (default: that of the context; of a folder, the only one in it)', {
    short: 'n',
  }),
  kubeconfig: text('FILE', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config, service account)'),
  context: text('NAME', 'context of the kubeconfig (default: the current one)'),
  as: text('USER', 'act as this user, as far as the cluster lets'),
  asGroup: texts('GROUP', 'act as a member of this group; may be given several times'),
  requestTimeout: timeLimit(
    'how long to wait for an answer, such as 30s or 5m; 0: for ever (default: 30s, imports 1m)',
  ),
  config: text('FILE', "Pinstream's configuration, in place of the server's (docs/configuration.md)"),
  registryConfig: text(
    'FILE',
    'docker configuration for registries that are asked from here (default: $REGISTRY_AUTH_FILE, ~/.docker/config.json)',
  ),
  registryCerts: text('DIR', 'authorities to trust for registries that are asked from here, by registry'),
  v: count('LEVEL', '6: show each request to the API server'),
  help: bool('show this help', { short: 'h' }),
};

export type GlobalFlags = FlagValues<typeof globalFlags>;
