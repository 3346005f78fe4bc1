import { withFallbackDigests } from '../server/images.ts';
import type { DecisionFlags, OpenDecisions } from './open-decisions.ts';
import { fallbackHere } from './decisions-fallback.ts';
import { indexCluster } from './decisions-cluster.ts';
import { indexFolder } from './decisions-folder.ts';
import { loadSettings, type ObjectSource } from './settings.ts';

/** Reads all of it, once. @throws as reading does, {CommandError} where settings may not be read */
export async function loadDecisions(
  source: ObjectSource,
  flags: DecisionFlags,
  namespaces: readonly string[],
  warn: (text: string) => void,
): Promise<OpenDecisions> {
  const loaded = await loadSettings(source, flags, 'refuse');
  const admission = loaded.settings.admission();
  const { imagePolicy } = loaded.settings.configuration();
  const { index, notes } =
    'client' in source
      ? await indexCluster(source.client, namespaces, imagePolicy)
      : await indexFolder(source.folder);
  const fallback = fallbackHere(loaded.settings, flags, warn);
  const images = fallback === undefined ? index : withFallbackDigests(index, fallback);
  return {
    context: { settings: admission, images, namespaces: index, ...(fallback && { fallback }) },
    fallback,
    notes: [...loaded.notes, ...notes],
    close: async () => fallback?.close(),
  };
}
