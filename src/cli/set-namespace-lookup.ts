import { isExempt, lookupLabel, lookupMode } from '../admission/namespace.ts';
import { imageStreams, namespaces } from '../commands/kinds.ts';
import {
  lookupModes,
  lookupWord,
  namespaceFactsOf,
  namespaceLine,
  newNamespace,
  withLookupMode,
} from '../commands/lookup-namespaces.ts';
import type { DryRun } from '../commands/object-client.ts';
import { keyOf } from '../commands/stream-object.ts';
import type { JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { printSetTable } from '../printers/table.ts';
import type { LookupMode } from '../resolver/question.ts';
import type { Backend } from './backend.ts';
import { UsageError } from './errors.ts';
import { choice } from './flags.ts';
import type { Output } from './output.ts';
import { defineVerb } from './verb.ts';

/** The namespace's own word on looking names up, over those of its image streams. */
export const setNamespaceLookup = defineVerb({
  usage: '[enabled|all|fallback|disabled] [flags]',
  help:
    'Sets the label pinstream.dev/image-lookup of the namespace, or shows a table of namespaces.\n' +
    '  enabled   the default: image streams are opened one by one (set image-lookup). Takes the label away\n' +
    '  all       every image stream of the namespace answers short names\n' +
    '  fallback  image streams are not asked; the registries that the configuration allows are\n' +
    '  disabled  the webhook leaves the namespace alone',
  examples: `
    # How it is everywhere
    pinstream set namespace-lookup
    # Every image stream of a namespace answers
    pinstream set namespace-lookup all -n myproject
    # As it was
    pinstream set namespace-lookup enabled -n myproject`,
  flags: {
    dryRun: choice(['none', 'client', 'server'], 'only show what would be done', { alone: 'client' }),
  },
  completes: (index) => (index === 0 ? lookupModes : 'nothing'),
  run: async (args, flags, { output, backend: open }) => {
    const [word, ...more] = args;
    if (more.length > 0) throw new UsageError(`one word at most: one of ${lookupModes.join(', ')}`);
    const mode = lookupModes.find((candidate) => candidate === word);
    if (word !== undefined && mode === undefined) {
      throw new UsageError(`"${word}" is not one of ${lookupModes.join(', ')}`);
    }
    const backend = await open();
    if (mode === undefined) await showTable(backend, flags.namespace, output);
    else await setMode(backend, mode, flags.dryRun ?? 'none', output);
    return 0;
  },
});

async function showTable(backend: Backend, only: string | undefined, { out, err }: Output): Promise<void> {
  const listed = await listNamespaces(backend, only, err);
  const streams = await listStreams(backend, only, err);
  const { exemptNamespaces } = await backend.settings();
  const names = new Set([...listed.keys(), ...streams.keys(), ...(only === undefined ? [] : [only])]);
  const rows = [...names].toSorted().map((name) => {
    const line = namespaceLine(name, listed.get(name), streams.get(name) ?? [], exemptNamespaces);
    return [name, lookupWord(line), String(line.streams), String(line.open)];
  });
  out(printSetTable(['NAME', 'LOOKUP', 'STREAMS', 'OPEN'], rows));
}

/** By name. Who may not list namespaces sees the one that is meant. */
async function listNamespaces(
  backend: Backend,
  only: string | undefined,
  err: Output['err'],
): Promise<ReadonlyMap<string, JsonObject | undefined>> {
  const { objects } = backend;
  const read = async (name: string) =>
    new Map([[name, await objects.read(namespaces, { namespace: '', name })]]);
  if (only !== undefined) return read(only);
  try {
    const all = await objects.list(namespaces, undefined);
    return new Map(all.map((object) => [keyOf(object).name, object]));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const { namespace } = backend;
    err(`you may not list namespaces: only ${namespace} is shown (-n NAMESPACE shows another one)\n`);
    return read(namespace);
  }
}

async function listStreams(
  backend: Backend,
  only: string | undefined,
  err: Output['err'],
): Promise<ReadonlyMap<string, readonly JsonObject[]>> {
  const list = async (where: string | undefined) =>
    Map.groupBy(await backend.objects.list(imageStreams, where), (stream) => keyOf(stream).namespace);
  try {
    return await list(only);
  } catch (error) {
    if (!isForbidden(error) || only !== undefined) throw error;
    const { namespace } = backend;
    err(`you may not list the image streams of all namespaces: only those of ${namespace} are counted\n`);
    return list(namespace);
  }
}

async function setMode(
  backend: Backend,
  mode: LookupMode,
  dryRun: DryRun,
  { out, err }: Output,
): Promise<void> {
  const { objects, namespace: name } = backend;
  const key = { namespace: '', name };
  const stored = await objects.read(namespaces, key);
  // A folder need not have the Namespaces of its objects; a cluster has them, or refuses.
  const isNew = stored === undefined && backend.kind === 'directory';
  const old = namespaceFactsOf(stored);
  let isChanged = false;
  if (isNew) {
    isChanged = mode !== 'enabled';
    if (isChanged) await objects.create(namespaces, newNamespace(name, mode), { dryRun });
  } else {
    await objects.change(
      namespaces,
      key,
      (object) => {
        const next = withLookupMode(object, mode);
        isChanged = next !== undefined;
        return next;
      },
      { dryRun },
    );
  }
  if (isChanged) {
    const was = old.labels[lookupLabel] ?? lookupMode(old);
    out(`namespace/${name} image lookup set to ${mode} (was ${was})${suffixes[dryRun]}\n`);
  } else {
    err(`namespace/${name}: image lookup is ${mode} already\n`);
  }
  const { exemptNamespaces } = await backend.settings();
  if (isExempt(name, old, exemptNamespaces)) {
    const why = exemptNamespaces.has(name)
      ? 'it is among lookup.exemptNamespaces of the configuration'
      : 'it has run level 0 or 1';
    err(`the webhook leaves the namespace ${name} alone anyway: ${why}\n`);
  }
}

const suffixes = { none: '', client: ' (dry run)', server: ' (server dry run)' } as const;

function isForbidden(error: unknown): boolean {
  return error instanceof StatusError && error.code === 403;
}
