import type { AdmissionSettings } from '../admission/settings.ts';
import { readConfiguration, watchConfiguration } from '../config/file.ts';
import { importSettings, savedStreamRefusal } from '../config/import-settings.ts';
import { parseConfiguration } from '../config/parse.ts';
import type { Configuration } from '../config/schema.ts';
import { admissionSettings } from '../config/settings.ts';
import type { ImportSettings } from '../importer/settings.ts';
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
  /** Calls `listener` after each change, until the function that it gives is called. */
  readonly onChange: (listener: () => void) => () => void;
}

/** @throws {ConfigurationError} when the file is not usable at the start */
export async function openSettings(file: string | undefined, log: Log, cleanup: Cleanup): Promise<Settings> {
  const listeners = new Set<() => void>();
  const onChange: Settings['onChange'] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  if (file === undefined) {
    const settings = madeReady(parseConfiguration('', '(built-in)'));
    return { ...answers(() => settings), onChange };
  }
  const { text, configuration } = await readConfiguration(file);
  let settings = madeReady(configuration);
  cleanup.push(
    watchConfiguration(file, text, log, (next) => {
      settings = madeReady(next);
      for (const listener of listeners) listener();
    }),
  );
  return { ...answers(() => settings), onChange };
}

interface Ready {
  readonly admission: AdmissionSettings;
  readonly importing: ImportSettings;
  readonly mayImport: Settings['mayImport'];
  readonly configuration: Configuration;
}

function madeReady(configuration: Configuration): Ready {
  return {
    configuration,
    admission: admissionSettings(configuration),
    importing: importSettings(configuration),
    mayImport: savedStreamRefusal(configuration),
  };
}

function answers(current: () => Ready): Omit<Settings, 'onChange'> {
  return {
    admission: () => current().admission,
    importing: () => current().importing,
    mayImport: (reference, insecure) => current().mayImport(reference, insecure),
    configuration: () => current().configuration,
  };
}
