import type { AdmissionSettings } from '../admission/settings.ts';
import { readConfiguration, watchConfiguration } from '../config/file.ts';
import { importSettings, savedStreamRefusal } from '../config/import-settings.ts';
import { parseConfiguration } from '../config/parse.ts';
import type { Configuration } from '../config/schema.ts';
import { mirrorRules, withCluster } from '../config/cluster.ts';
import { admissionSettings } from '../config/settings.ts';
import type { ImportSettings } from '../importer/settings.ts';
import type { ClusterConfig } from '../policy/cluster-config.ts';
import type { MirrorRules } from '../policy/mirrors.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { Log } from '../telemetry/log.ts';
import type { Cleanup } from './cleanup.ts';

/** The settings of now: the built-in ones, or those of a file, which may change. */
export interface Settings {
  readonly admission: () => AdmissionSettings;
  readonly importing: () => ImportSettings;
  /** Why nothing may be imported from there into a stream that is saved; undefined: it may. */
  readonly mayImport: (reference: ImageReference, insecure: boolean) => string | undefined;
  readonly configuration: () => Configuration;
  readonly mirrors: () => MirrorRules;
  /** Takes over what the cluster says, which goes before the file. */
  readonly setCluster: (config: ClusterConfig) => void;
  /** Calls `listener` after each change, until the function that it gives is called. */
  readonly onChange: (listener: () => void) => () => void;
}

/**
 * @param onReload told of each new version of the file, and whether it is usable
 * @throws {ConfigurationError} when the file is not usable at the start
 */
export async function openSettings(
  file: string | undefined,
  log: Log,
  cleanup: Cleanup,
  onReload?: (isUsable: boolean) => void,
): Promise<Settings> {
  const listeners = new Set<() => void>();
  let cluster: ClusterConfig | undefined;
  const loaded =
    file === undefined
      ? { text: '', configuration: parseConfiguration('', '(built-in)') }
      : await readConfiguration(file);
  let { configuration } = loaded;
  let ready = madeReady(configuration, cluster);
  const change = (next: { readonly configuration: Configuration }): void => {
    ({ configuration } = next);
    ready = madeReady(configuration, cluster);
    for (const listener of listeners) listener();
  };
  if (file !== undefined) {
    const listener = {
      onChange: (next: Configuration) => {
        change({ configuration: next });
        onReload?.(true);
      },
      onRefused: () => onReload?.(false),
    };
    cleanup.push(watchConfiguration(file, loaded.text, log, listener));
  }
  return {
    admission: () => ready.admission,
    importing: () => ready.importing,
    mayImport: (reference, insecure) => ready.mayImport(reference, insecure),
    configuration: () => ready.configuration,
    mirrors: () => ready.mirrors,
    setCluster: (config) => {
      cluster = config;
      change({ configuration });
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface Ready {
  readonly admission: AdmissionSettings;
  readonly importing: ImportSettings;
  readonly mayImport: Settings['mayImport'];
  readonly configuration: Configuration;
  readonly mirrors: MirrorRules;
}

function madeReady(file: Configuration, cluster: ClusterConfig | undefined): Ready {
  const configuration = withCluster(file, cluster);
  return {
    configuration,
    admission: admissionSettings(configuration),
    importing: importSettings(configuration),
    mayImport: savedStreamRefusal(configuration),
    mirrors: mirrorRules(configuration, cluster),
  };
}
