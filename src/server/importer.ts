import type { ImportController, TagLook } from '../controllers/import-controller.ts';
import { lookResults, workResults, type LookResult, type WorkResult } from '../controllers/import-ports.ts';
import type { ReflectorVerb } from '../kube/reflector.ts';
import { systemClock } from '../kube/clock.ts';
import { createCredentialSource, type SecretSource } from '../credentials/namespace-credentials.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { openRegistries, openServerConfig, type OpenRegistries, type RegistryContext } from './registries.ts';

/** What the process tells of its importer, while and before it runs. */
export interface ImporterReport {
  /** "on", "starting", or why it is off. */
  readonly importing: string;
  /** Whether this process is the one that imports. */
  readonly leads: boolean;
  /** Who is, as far as this process knows; '' for nobody, or without a Lease. */
  readonly leader: string;
  /** When each tag was looked at last by this process. */
  readonly tags: readonly TagLook[];
}

/** The importer of this process, whichever store it works on. */
export class ImporterState {
  phase = 'starting';
  leads: () => boolean = () => false;
  /**
   * Whether the controllers of this process are the ones that work, be it for imports or for triggers alone; undefined: they
   * do not try to, or not yet.
   */
  works: (() => boolean) | undefined;
  leader: () => string = () => '';
  controller: ImportController | undefined;

  report(namespace: string | undefined): ImporterReport {
    return {
      importing: this.phase,
      leads: this.leads(),
      leader: this.leader(),
      tags: this.controller?.looks(namespace) ?? [],
    };
  }
}

/** What an importer is given, whichever store it works on. */
export interface ImporterContext extends RegistryContext {
  /** Counts looks at tags. */
  readonly looked: (result: LookResult) => void;
  /** Told how long work on a stream took, and whether it could be ended. */
  readonly worked: (result: WorkResult, seconds: number) => void;
  /** Told of every list and watch that failed. */
  readonly watchFailed: (resource: string, verb: ReflectorVerb) => void;
  readonly state: ImporterState;
  readonly signal: AbortSignal;
}

export interface ImportRegistries extends OpenRegistries {
  /** The secrets of the namespace are read anew next time. */
  readonly forgetCredentials: (namespace: string) => void;
}

/** Registries, asked with the pull secrets of the streams' namespaces. */
export async function openImportRegistries(
  context: ImporterContext,
  secrets: SecretSource,
): Promise<ImportRegistries> {
  const { settings, log } = context;
  const serverWide = await openServerConfig(context);
  const credentials = createCredentialSource({ secrets, serverWide, clock: systemClock, log });
  const perRegistryPerMinute = () => settings.configuration().import.perRegistryPerMinute;
  return {
    ...openRegistries(context, credentials, { perRegistryPerMinute }),
    forgetCredentials: (namespace) => credentials.forget(namespace),
  };
}

/** The part of what an importer runs on that every store has in common. */
export function importPorts({ settings, looked, worked, state, log }: ImporterContext) {
  return {
    settings: settings.importing,
    onSettings: settings.onChange,
    count: looked,
    worked,
    onRunning: (controller: ImportController | undefined) => {
      state.controller = controller;
    },
    log,
    clock: systemClock,
    random: Math.random,
  };
}

/** The numbers of imports; gives what counts. No registry and no stream is a label: users name those. */
export function importMetrics(
  metrics: Metrics,
  state: ImporterState,
): Pick<ImporterContext, 'looked' | 'worked'> {
  const looks = metrics.counter('pinstream_import_looks_total', 'Looks at tags, by result.', {
    result: lookResults,
  });
  const durations = metrics.histogram(
    'pinstream_import_duration_seconds',
    'Time of one piece of work on an image stream: read, ask one registry, write.',
    {
      labels: { result: workResults },
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
      zero: workResults.map((result) => ({ result })),
    },
  );
  metrics.gauge('pinstream_leader', 'Whether the controllers of this process are the ones that work.', () =>
    state.works === undefined ? undefined : Number(state.works()),
  );
  metrics.gauge(
    'pinstream_import_failing_tags',
    'Tags whose last look failed; told by the process that imports.',
    () => state.controller?.failing() ?? 0,
  );
  metrics.gauge('pinstream_import_queue_length', 'Streams that wait to be looked at.', () => {
    return state.controller?.waiting() ?? 0;
  });
  metrics.gauge(
    'pinstream_import_oldest_look_timestamp_seconds',
    'The longest ago that any scheduled tag was looked at; 0 where none was.',
    () => oldestLook(state),
  );
  return {
    looked: (result) => looks({ result }),
    worked: (result, seconds) => durations({ result }, seconds),
  };
}

function oldestLook({ controller }: ImporterState): number {
  const times = controller?.scheduledLooksMs() ?? [];
  return times.length === 0 ? 0 : Math.min(...times) / 1000;
}
