import type { ClientSettings } from '../cli/backend.ts';
import type { GlobalFlags } from '../cli/global-flags.ts';
import type { DecisionFlags, OpenDecisions } from './open-decisions.ts';
import type { ObjectSource } from './settings.ts';

/**
 * Everything that decisions about objects of these namespaces ask, as it is now. On a cluster only the streams of these
 * namespaces are read, with the rights of whoever asks.
 *
 * @param warn told of what goes wrong in asking registries
 */
export async function openDecisions(
  source: ObjectSource,
  flags: DecisionFlags,
  namespaces: readonly string[],
  warn: (text: string) => void = (text) => void process.stderr.write(`${text}\n`),
): Promise<OpenDecisions> {
  // Most verbs decide nothing: what decisions need is loaded with the first one.
  const { loadDecisions } = await import('./decisions-here.ts');
  return loadDecisions(source, flags, namespaces, warn);
}

/** The settings that texts depend on. Where the server's may not be read, the built-in ones do for that. */
export async function clientSettings(
  source: ObjectSource,
  flags: Pick<GlobalFlags, 'config'>,
): Promise<ClientSettings> {
  const { loadSettings } = await import('./settings.ts');
  const { settings } = await loadSettings(source, flags, 'builtIn');
  const { internalRegistryHostname, localRegistry, exemptNamespaces } = settings.admission();
  const { defaultMode } = settings.importing();
  return { internalRegistryHostname, localRegistry, exemptNamespaces, defaultMode };
}
