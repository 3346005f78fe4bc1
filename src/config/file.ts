import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Log } from '../telemetry/log.ts';
import { ConfigurationError, parseConfiguration } from './parse.ts';
import type { Configuration } from './schema.ts';

/** A configuration and the text it was read from. */
export interface LoadedConfiguration {
  readonly text: string;
  readonly configuration: Configuration;
}

/**
 * Reads the configuration file.
 *
 * @throws {ConfigurationError} when it is missing, unreadable or wrong; the message names file and place
 */
export async function readConfiguration(file: string): Promise<LoadedConfiguration> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(file, [
      `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  return { text, configuration: parseConfiguration(text, file) };
}

/** A mounted ConfigMap changes by a swapped symlink, which some file systems do not report: look now and then, too. */
const pollIntervalMs = 10_000;

/**
 * Calls `onChange` with each version of the file that differs from `loaded` and is usable. A bad one is reported, and the
 * old one stays.
 *
 * @returns ends the watching
 */
export function watchConfiguration(
  file: string,
  loaded: string,
  log: Log,
  onChange: (configuration: Configuration) => void,
): () => void {
  let last = loaded;
  let reading = Promise.resolve();
  const look = async () => {
    // A file that is gone for a moment is being replaced; the old version stays.
    const text = await readFile(file, 'utf8').catch(() => last);
    if (text === last) return;
    last = text;
    try {
      onChange(parseConfiguration(text, file));
      log.info({ file }, 'configuration reloaded');
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      log.error(
        { file, problems: error.problems },
        'the new configuration is not usable; the old one stays in force',
      );
    }
  };
  const lookNext = () => {
    reading = reading.then(look);
  };
  const names = new Set([basename(file), '..data']);
  const watcher = watch(dirname(file), (_event, changed) => {
    if (changed === null || names.has(changed)) lookNext();
  });
  const timer = setInterval(lookNext, pollIntervalMs).unref();
  return () => {
    watcher.close();
    clearInterval(timer);
  };
}
