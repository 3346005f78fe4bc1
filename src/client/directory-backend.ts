import type { Backend } from '../cli/backend.ts';
import { CommandError } from '../cli/errors.ts';
import { imageStreams } from '../commands/kinds.ts';
import { keyOf } from '../commands/stream-object.ts';
import type { ObjectClient } from '../commands/object-client.ts';
import { createDirectoryEditor } from '../store/directory-editor.ts';
import { directoryActions } from './directory-actions.ts';
import type { BackendOptions } from './options.ts';

/** A folder of YAML or JSON; what a verb does not need is not loaded. @throws when it cannot be read, with the way out */
export async function openFolder(folder: string, options: BackendOptions): Promise<Backend> {
  const { flags } = options;
  const objects: ObjectClient = createDirectoryEditor({
    folder,
    evaluate: async (kind, object, old, read) => {
      if (kind !== imageStreams) return object;
      return (await import('./evaluate-stream.ts')).evaluateNow(object, old, read, flags.config);
    },
  });
  const known = flags.namespace === undefined ? await namespacesOf(objects) : [];
  const source = { objects, folder };
  const closers: (() => Promise<void>)[] = [];
  return {
    kind: 'directory',
    get namespace() {
      return flags.namespace ?? onlyNamespace(folder, known);
    },
    namespaceOr: (fallback) =>
      flags.namespace ?? (known.length > 1 ? fallback : onlyNamespace(folder, known)),
    objects,
    streams: directoryActions(objects, options),
    settings: async () => (await import('./decisions.ts')).clientSettings(source, flags),
    decisions: async (namespaces) => {
      const { openDecisions } = await import('./decisions.ts');
      const decisions = await openDecisions(source, flags, namespaces);
      closers.push(() => decisions.close());
      return decisions;
    },
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

/** The namespaces of a folder's streams. */
async function namespacesOf(objects: ObjectClient): Promise<readonly string[]> {
  const streams = await objects.list(imageStreams, undefined);
  return [...new Set(streams.map((stream) => keyOf(stream).namespace))].sort();
}

/** @throws where there are several: a guess would write into the wrong one */
function onlyNamespace(folder: string, names: readonly string[]): string {
  const [only = 'default', ...more] = names;
  if (more.length === 0) return only;
  throw new CommandError(
    `${folder} has image streams of several namespaces (${names.join(', ')}): say which one is meant, -n NAMESPACE`,
  );
}
