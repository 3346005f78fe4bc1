import type { AdmissionSettings } from '../admission/settings.ts';
import { readConfiguration, watchConfiguration } from '../config/file.ts';
import { parseConfiguration } from '../config/parse.ts';
import { admissionSettings } from '../config/settings.ts';
import type { Log } from '../telemetry/log.ts';
import type { Cleanup } from './cleanup.ts';

/**
 * The settings of now: the built-in ones, or those of a file, which may change.
 *
 * @throws {ConfigurationError} when the file is not usable at the start
 */
export async function openSettings(
  file: string | undefined,
  log: Log,
  cleanup: Cleanup,
): Promise<() => AdmissionSettings> {
  if (file === undefined) {
    const settings = admissionSettings(parseConfiguration('', '(built-in)'));
    return () => settings;
  }
  const { text, configuration } = await readConfiguration(file);
  let settings = admissionSettings(configuration);
  cleanup.push(
    watchConfiguration(file, text, log, (next) => {
      settings = admissionSettings(next);
    }),
  );
  return () => settings;
}
