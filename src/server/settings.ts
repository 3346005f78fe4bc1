import type { AdmissionSettings } from '../admission/settings.ts';
import { readConfiguration, watchConfiguration } from '../config/file.ts';
import { parseConfiguration } from '../config/parse.ts';
import type { Configuration } from '../config/schema.ts';
import { admissionSettings } from '../config/settings.ts';
import type { Log } from '../telemetry/log.ts';
import type { Cleanup } from './cleanup.ts';

export interface Settings {
  /** The settings of now. */
  readonly current: () => AdmissionSettings;
  /** The configuration at the start. */
  readonly initial: Configuration;
}

/**
 * The built-in settings, or those of a file, which may change.
 *
 * @throws {ConfigurationError} when the file is not usable at the start
 */
export async function openSettings(file: string | undefined, log: Log, cleanup: Cleanup): Promise<Settings> {
  if (file === undefined) {
    const initial = parseConfiguration('', '(built-in)');
    const settings = admissionSettings(initial);
    return { initial, current: () => settings };
  }
  const { text, configuration: initial } = await readConfiguration(file);
  let settings = admissionSettings(initial);
  cleanup.push(
    watchConfiguration(file, text, log, (next) => {
      settings = admissionSettings(next);
    }),
  );
  return { initial, current: () => settings };
}
