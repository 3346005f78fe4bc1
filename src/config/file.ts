import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { watchFolder } from '../files/watch-folder.ts';
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

export interface ConfigurationListener {
  readonly onChange: (configuration: Configuration) => void;
  /** A new version is not usable; the old one stays. */
  readonly onRefused?: () => void;
}

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
  { onChange, onRefused }: ConfigurationListener,
): () => void {
  let last = loaded;
  let reading = Promise.resolve();
  const look = async () => {
    const text = await settledText(file, last);
    if (text === last) return;
    last = text;
    try {
      if (text.trim() === '') throw new ConfigurationError(file, [`${file}: the file is empty`]);
      onChange(parseConfiguration(text, file));
      log.info({ file }, 'configuration reloaded');
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      onRefused?.();
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
  const folder = dirname(file);
  const unwatch = watchFolder({
    folder,
    onEvent: (name) => {
      if (name === undefined || names.has(name)) lookNext();
    },
    onTrouble: (error) => {
      log.warn(
        { folder, error: String(error) },
        'no file events for the configuration, it is read every 10 s instead',
      );
    },
  });
  const timer = setInterval(lookNext, pollIntervalMs).unref();
  return () => {
    unwatch();
    clearInterval(timer);
  };
}

/** Between two readings that must agree: a file that is being written is not read by halves. */
const settleMs = 20;

/** The text of a file that is not being written; `last` while it is gone, since it is then being replaced. */
async function settledText(file: string, last: string): Promise<string> {
  let text = await readFile(file, 'utf8').catch(() => last);
  while (text !== last) {
    await delay(settleMs);
    const again = await readFile(file, 'utf8').catch(() => last);
    if (again === text) return text;
    text = again;
  }
  return text;
}
