import type { Backend } from '../cli/backend.ts';
import { connectToCluster, type ConnectOptions } from '../kube/connect.ts';
import { servedResources } from '../kube/served-resources.ts';
import { clusterObjects } from '../store/cluster-objects.ts';
import { version } from '../version.ts';
import { customResourceActions } from './custom-resource-actions.ts';
import { openDecisions, clientSettings } from './decisions.ts';
import { openShiftActions } from './openshift-actions.ts';
import type { BackendOptions } from './options.ts';

const requestLevel = 6;

/** The cluster of the kubeconfig, or of the pod. @throws when there is none, with the way out */
export async function openCluster({ flags, interrupted, warn }: BackendOptions): Promise<Backend> {
  if (flags.asGroup !== undefined && flags.as === undefined) {
    throw new Error('--as-group goes with --as USER');
  }
  const options: ConnectOptions = {
    version,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
    ...(flags.as === undefined ? {} : { impersonate: { user: flags.as, groups: flags.asGroup ?? [] } }),
    ...(flags.requestTimeout === undefined ? {} : { deadlineMs: flags.requestTimeout }),
    onAnswer: ({ method, url, code, ms, warnings }) => {
      if ((flags.v ?? 0) >= requestLevel) warn(`${method} ${url} ${code} in ${ms} ms`);
      for (const warning of warnings) warn(`Warning: ${warning}`);
    },
  };
  const connection = await connectToCluster(options);
  const { client } = connection;
  const objects = clusterObjects(client);
  const namespace = flags.namespace ?? connection.namespace ?? 'default';
  const source = { client };
  const closers: (() => Promise<void>)[] = [];
  // An import of OpenShift's is one request, however long it takes.
  const patient = async (ms: number) => {
    const other = await connectToCluster({ ...options, deadlineMs: ms });
    closers.push(() => other.close());
    return other.client;
  };
  const isOpenShift =
    (await servedResources(client, 'image.openshift.io/v1'))?.has('imagestreamtags') === true;
  return {
    kind: isOpenShift ? 'openshift' : 'cluster',
    namespace,
    namespaceOr: () => namespace,
    objects,
    streams: isOpenShift
      ? openShiftActions(client, objects, { patient, interrupted })
      : customResourceActions(objects, { client, flags, interrupted, warn }),
    settings: () => clientSettings(source, flags),
    decisions: async (namespaces) => {
      const decisions = await openDecisions(source, flags, namespaces);
      closers.push(() => decisions.close());
      return decisions;
    },
    close: async () => {
      for (const close of closers) await close();
      await connection.close();
    },
  };
}
