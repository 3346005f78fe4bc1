import { runImporter } from '../controllers/run-importer.ts';
import type { DirectoryStore } from '../store/directory.ts';
import { createDirectoryStreams } from '../store/directory-streams.ts';
import { importPorts, openImportRegistries, type ImporterContext } from './importer.ts';

export interface FolderImporterOptions extends ImporterContext {
  readonly directory: DirectoryStore;
}

/**
 * Imports into a folder of files: one process at a time, which nobody but its user sees to. Who may write the files may take
 * images from any of them. Resolves when `signal` has aborted and all is written.
 */
export async function importIntoFolder(options: FolderImporterOptions): Promise<void> {
  const { directory, state, signal } = options;
  const streams = createDirectoryStreams(directory);
  const secrets = {
    secretsOf: (namespace: string) => Promise.resolve({ ok: true as const, ...streams.secretsIn(namespace) }),
  };
  const registries = await openImportRegistries(options, secrets);
  state.phase = 'on';
  state.leads = () => !signal.aborted;
  state.works = state.leads;
  try {
    await runImporter({
      ...importPorts(options),
      store: streams,
      registry: registries.source,
      forgetCredentials: registries.forgetCredentials,
      mayCopy: () => Promise.resolve(true),
      // There is nobody to tell but the log, which has it already.
      tell: () => undefined,
      follow: async (listener, following) => {
        const unfollow = streams.follow(listener);
        await aborted(following);
        unfollow();
      },
      signal,
    });
  } finally {
    await registries.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
