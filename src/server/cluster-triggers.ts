import { copyPermission } from '../controllers/copy-permission.ts';
import { TriggerController } from '../controllers/trigger-controller.ts';
import { triggerKinds, type TriggerKind } from '../controllers/trigger-kinds.ts';
import type { TriggerPorts } from '../controllers/trigger-ports.ts';
import type { TriggeredWorkload } from '../controllers/trigger-workload.ts';
import { clusterWorkloads } from '../controllers/trigger-workloads.ts';
import { triggerSettings } from '../config/trigger-settings.ts';
import type { StreamStore } from '../importer/stream-store.ts';
import type { KubeClient } from '../kube/client.ts';
import { systemClock } from '../kube/clock.ts';
import type { EventRecorder, Regarding } from '../kube/events.ts';
import { patchOutcomes } from '../kube/guarded-patch.ts';
import { startReflector, type ReflectorVerb } from '../kube/reflector.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { runTogether } from './run-together.ts';
import type { Settings } from './settings.ts';

const grantedBy = 'the ClusterRole pinstream-controller';

/** The triggers of this process. */
export class TriggerState {
  count: TriggerPorts['count'] = () => undefined;
  /** While this process leads. */
  controller: TriggerController | undefined;
}

export interface TriggerOptions {
  readonly client: KubeClient;
  readonly streams: StreamStore;
  readonly settings: Settings;
  readonly events: EventRecorder;
  readonly state: TriggerState;
  /** Told of every list and watch that failed. */
  readonly watchFailed: (resource: string, verb: ReflectorVerb) => void;
  readonly log: Log;
}

/** A trigger controller for the workloads of a cluster; whoever follows image streams tells it of them. */
export function openTriggers({
  client,
  streams,
  settings,
  events,
  state,
  log,
}: TriggerOptions): TriggerController {
  return new TriggerController({
    workloads: clusterWorkloads(client),
    streams,
    settings: () => {
      const { internalRegistryHostname, localRegistry } = settings.admission();
      return { ...triggerSettings(settings.configuration()), internalRegistryHostname, localRegistry };
    },
    mayPull: copyPermission(client),
    tell: (workload, note) => events.record({ regarding: regarding(workload), ...note }),
    count: (result) => state.count(result),
    log,
    clock: systemClock,
    random: Math.random,
  });
}

/** Follows the workloads of a cluster, and lets them follow their tags, until `signal` aborts. */
export async function runTriggers(
  controller: TriggerController,
  options: TriggerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { settings, state } = options;
  const unsubscribe = settings.onChange(() => controller.replan());
  state.controller = controller;
  try {
    await runTogether(
      [
        (ending) => controller.run(ending),
        ...triggerKinds.map((kind) => (ending: AbortSignal) => follow(controller, kind, options, ending)),
      ],
      signal,
    );
  } finally {
    state.controller = undefined;
    unsubscribe();
  }
}

/** The numbers of triggers; gives the counter of patches. No workload and no stream is a label: users name those. */
export function triggerMetrics(metrics: Metrics, state: TriggerState): TriggerPorts['count'] {
  const patches = metrics.counter(
    'pinstream_trigger_patches_total',
    'Patches of workloads that follow an image stream tag, by result.',
    { result: patchOutcomes },
  );
  metrics.gauge(
    'pinstream_trigger_queue_length',
    'Workloads that wait to be looked at.',
    () => state.controller?.waiting() ?? 0,
  );
  metrics.gauge(
    'pinstream_trigger_workloads',
    'Workloads with image triggers.',
    () => state.controller?.workloads() ?? 0,
  );
  return (result) => patches({ result });
}

function regarding({ kind, namespace, name, uid, resourceVersion }: TriggeredWorkload): Regarding {
  return { apiVersion: kind.apiVersion, kind: kind.workload.kind, namespace, name, uid, resourceVersion };
}

function follow(
  controller: TriggerController,
  kind: TriggerKind,
  { client, watchFailed, log }: TriggerOptions,
  signal: AbortSignal,
): Promise<void> {
  const listener = controller.listenerOf(kind);
  const { resource } = kind.workload;
  const reflector = startReflector({
    client,
    resource: { name: resource, path: kind.path, grantedBy, view: kind.view },
    handler: listener,
    clock: systemClock,
    random: Math.random,
    signal,
    onFailure: (verb) => watchFailed(resource, verb),
    onChange: ({ phase, lastError }) => {
      // There are none to wait for.
      if (phase === 'notServed') listener.startList().commit();
      if (lastError !== undefined) {
        log.warn({ resource, error: lastError }, 'the triggers cannot follow workloads; trying on');
      } else log.info({ resource, phase }, 'the triggers follow workloads');
    },
  });
  return reflector.done;
}
