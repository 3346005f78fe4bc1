import { lookupMode } from '../admission/namespace.ts';
import { imageStreams, namespaces } from '../commands/kinds.ts';
import { lookupTable, withLookup } from '../commands/lookup.ts';
import { namespaceFactsOf } from '../commands/lookup-namespaces.ts';
import type { ObjectClient } from '../commands/object-client.ts';
import { namedTargets, typedTargets, type Target } from '../commands/set-targets.ts';
import { StatusError } from '../kube/status-error.ts';
import { printSetTable } from '../printers/table.ts';
import type { LookupMode } from '../resolver/question.ts';
import { UsageError } from './errors.ts';
import { bool } from './flags.ts';
import {
  changeObjects,
  fileObjects,
  findObjects,
  readSelector,
  reportFailures,
  setFlags,
  storedObjects,
  targetsOf,
  type SetObject,
  type SetObjects,
} from './set-objects.ts';
import { defineVerb } from './verb.ts';

/** Opens image streams for short names, or has a workload's names looked up whatever the streams say. */
export const setImageLookup = defineVerb({
  usage: '[NAME... | TYPE/NAME...] [flags]',
  help:
    'An image stream that is open stands for its name in pods and workloads of its namespace: "web:1" is then what the\n' +
    'tag "1" of the stream "web" points to. A workload (deploy/web) gets an annotation on its pod template that has all\n' +
    'of its names looked up, whether streams are open or not. Without arguments: a table of the image streams. The column\n' +
    'EFFECTIVE is there where the namespace overrides a stream (set namespace-lookup).',
  examples: `
    # Which image streams answer short names
    pinstream set image-lookup
    # Open the image stream web, close it again
    pinstream set image-lookup web
    pinstream set image-lookup web --enabled=false
    # Have all names of a deployment looked up
    pinstream set image-lookup deploy/web
    # All image streams with a label
    pinstream set image-lookup --all -l team=shop
    # In a file, without a cluster
    pinstream set image-lookup -f deployment.yaml --local -o yaml`,
  flags: {
    ...setFlags,
    enabled: bool('whether names are looked up (default true)'),
    list: bool('show how it is, and change nothing'),
  },
  completes: () => 'streamOrWorkload',
  run: async (args, flags, session) => {
    const { enabled = true, list = false, local = false, all = false, filename = [] } = flags;
    const { output } = session;
    if (local && args.length > 0) throw new UsageError('pass files with -f when using --local');
    if (local && filename.length === 0) throw new UsageError('--local works on files: name them with -f');
    if (args.length > 0 && filename.length > 0) throw new UsageError('name objects or files (-f), not both');
    const selector = readSelector(flags.selector);
    const narrows = flags.selector !== undefined || filename.length > 0;
    const names = args.length > 0 || all || flags.output !== undefined;
    // oc's rule, and one case more: who narrows it down and says --enabled wants something done.
    const shows = list || !(names || (narrows && flags.enabled !== undefined));

    const backend = local ? undefined : await session.backend();
    const choose = async (): Promise<SetObjects> => {
      if (filename.length > 0) {
        const found = await fileObjects(
          session,
          flags,
          flags.namespace ?? backend?.namespaceOr('default') ?? '',
          selector,
        );
        return backend ? storedObjects(backend.objects, found) : { found, failures: [] };
      }
      // Without files there is a backend: --local asks for files.
      return backend
        ? findObjects(backend.objects, backend.namespace, targets(args, list), selector)
        : nothing;
    };
    const { found, failures } = await choose();
    if (shows) {
      if (found.length === 0 && failures.length > 0) return reportFailures(failures, output);
      const modes = await modesOf(backend?.objects, found);
      const subjects = found.map(({ kind, key, object }) => {
        return { kind, name: key.name, object, mode: modes.get(key.namespace) ?? 'enabled' };
      });
      const { headings, rows } = lookupTable(subjects);
      output.out(printSetTable(headings, rows));
      return reportFailures(failures, output);
    }
    const options = {
      operation: 'image lookup updated',
      objects: backend?.objects,
      dryRun: flags.dryRun ?? 'none',
      format: flags.output,
    } as const;
    const more = await changeObjects(
      found,
      (kind, object) => withLookup(kind, object, enabled),
      options,
      output,
    );
    return reportFailures([...failures, ...more], output);
  },
});

const nothing: SetObjects = { found: [], failures: [] };

/** With --list a word alone is a type, as oc has it; a word that is none names an image stream. */
function targets(args: readonly string[], isList: boolean): readonly Target[] {
  if (args.length === 0) return [{ kind: imageStreams }];
  const typed = isList ? typedTargets(args) : undefined;
  return targetsOf(typed?.ok === true ? typed : namedTargets(args, imageStreams));
}

/** What the namespaces say. Who may not read them sees what oc shows. */
async function modesOf(
  objects: ObjectClient | undefined,
  found: readonly SetObject[],
): Promise<ReadonlyMap<string, LookupMode>> {
  const modes = new Map<string, LookupMode>();
  if (objects === undefined) return modes;
  for (const name of new Set(found.map(({ key }) => key.namespace))) {
    try {
      const namespace = await objects.read(namespaces, { namespace: '', name });
      modes.set(name, lookupMode(namespaceFactsOf(namespace)));
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 403) throw error;
    }
  }
  return modes;
}
