import { readConfiguration } from '../config/file.ts';
import { importSettings } from '../config/import-settings.ts';
import { parseConfiguration } from '../config/parse.ts';
import type { ImportSettings } from '../importer/settings.ts';
import type { Backend } from '../cli/backend.ts';
import { imageStreams } from '../commands/kinds.ts';
import { keyOf } from '../commands/stream-object.ts';
import type { ObjectClient } from '../commands/object-client.ts';
import { createDirectoryEditor } from '../store/directory-editor.ts';
import { directoryActions } from './directory-actions.ts';
import { clientSettings, openDecisions } from './decisions.ts';
import { evaluateStream } from './evaluate-stream.ts';
import type { BackendOptions } from './options.ts';

/** A folder of YAML or JSON. @throws when it cannot be read, with the way out */
export async function openFolder(folder: string, options: BackendOptions): Promise<Backend> {
  const { flags } = options;
  const objects: ObjectClient = createDirectoryEditor({
    folder,
    evaluate: async (kind, object, old, read) => {
      if (kind !== imageStreams) return object;
      const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      return evaluateStream(object, old, read, await importSettingsOf(flags.config), now);
    },
  });
  const source = { objects, folder };
  const closers: (() => Promise<void>)[] = [];
  return {
    kind: 'directory',
    namespace: flags.namespace ?? (await namespaceOf(objects)),
    objects,
    streams: directoryActions(objects, options),
    settings: () => clientSettings(source, flags),
    decisions: async (namespaces) => {
      const decisions = await openDecisions(source, flags, namespaces);
      closers.push(() => decisions.close());
      return decisions;
    },
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

async function importSettingsOf(file: string | undefined): Promise<ImportSettings> {
  if (file === undefined) return importSettings(parseConfiguration('', '(built-in)'));
  return importSettings((await readConfiguration(file)).configuration);
}

/** The only namespace of the folder's streams; `default` where there is none, or one of them is it. */
async function namespaceOf(objects: ObjectClient): Promise<string> {
  const streams = await objects.list(imageStreams, undefined);
  const names = [...new Set(streams.map((stream) => keyOf(stream).namespace))].sort();
  const [only = 'default'] = names;
  return names.length > 1 ? 'default' : only;
}
