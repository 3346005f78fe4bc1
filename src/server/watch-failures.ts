import { triggerKinds } from '../controllers/trigger-kinds.ts';
import { reflectorVerbs, type ReflectorVerb } from '../kube/reflector.ts';
import { clusterConfigResources } from '../store/cluster-config.ts';
import { clusterResources } from '../store/cluster-resources.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Everything that this program lists and watches. */
const resources = [
  ...clusterResources.map(({ name }) => name),
  ...clusterConfigResources,
  ...triggerKinds.map(({ workload }) => workload.resource),
];

/** Counts lists and watches that failed; who asks several times counts in the same series. */
export function watchFailures(metrics: Metrics): (resource: string, verb: ReflectorVerb) => void {
  const failures = metrics.counter(
    'pinstream_watch_failures_total',
    'Lists and watches of the API server that failed and were begun again.',
    { resource: resources, verb: reflectorVerbs },
  );
  return (resource, verb) => failures({ resource, verb });
}
