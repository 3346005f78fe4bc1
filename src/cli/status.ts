import { imageStreams, namespaces, qualifiedResource, workloads } from '../commands/kinds.ts';
import type { ObjectClient, ObjectKind } from '../commands/object-client.ts';
import { namedStreams, statusOf, type Status, type StatusFacts } from '../commands/status.ts';
import { keyOf } from '../commands/stream-object.ts';
import type { JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { printJson } from '../printers/objects.ts';
import type { Backend } from './backend.ts';
import { UsageError } from './errors.ts';
import { bool, choice } from './flags.ts';
import { statusText } from './status-text.ts';
import { defineVerb } from './verb.ts';

/** A look at everything that image streams have to do with: who uses which tag, who is behind, what fails. */
export const status = defineVerb({
  usage: '[flags]',
  help:
    'Which workloads use which image stream tags and whether the tags have moved on since; what names stand for in the\n' +
    'namespace; imports that fail. A section is only there when it has something to say. "2 behind" counts the images\n' +
    'that the tag has had since. What you may not list is left out, with a remark.',
  examples: `
    # The namespace of the context
    pinstream status
    # All namespaces
    pinstream status -A
    # What is behind, for a script
    pinstream status -A -o json | jq '.workloads[] | select(.state == "behind")'`,
  flags: {
    allNamespaces: bool('all namespaces', { short: 'A' }),
    output: choice(['wide', 'json'], 'more columns, or all of it for a script', { short: 'o' }),
  },
  completes: () => 'nothing',
  run: async (args, flags, { output, now, backend: open }) => {
    if (args.length > 0) throw new UsageError(`it takes no arguments: "${args.join(' ')}"`);
    const backend = await open();
    // Of a folder with several namespaces all are meant, unless one is named.
    const all = flags.allNamespaces === true || backend.namespaceOr('') === '';
    const { facts, remarks } = await gather(backend, all ? undefined : backend.namespace);
    for (const remark of remarks) output.err(`${remark}\n`);
    const found = statusOf(facts);
    const shown = all ? withoutIdle(found) : found;
    if (flags.output === 'json') {
      output.out(printJson(statusObject(shown)));
      return 0;
    }
    const text = statusText(shown, {
      manyNamespaces: all,
      wide: flags.output === 'wide',
      isFolder: backend.kind === 'directory',
      colour: output.colour,
      now: now(),
    });
    output.out(text);
    if (text !== '') return 0;
    if (remarks.length > 0) return 1;
    output.err('there are no image streams, and nothing that uses one\n');
    return 0;
  },
});

interface Gathered {
  readonly facts: StatusFacts;
  /** What this person may not see. */
  readonly remarks: readonly string[];
}

async function gather(
  { kind, objects, settings }: Backend,
  namespace: string | undefined,
): Promise<Gathered> {
  const forbidden: string[] = [];
  /** None where they may not be listed, and none of a kind that is not served. */
  const list = async (one: ObjectKind): Promise<readonly JsonObject[]> => {
    try {
      return await objects.list(one, namespace);
    } catch (error) {
      if (!(error instanceof StatusError) || (error.code !== 403 && error.code !== 404)) throw error;
      if (error.code === 403) forbidden.push(qualifiedResource(one));
      return [];
    }
  };
  const [streams, ...byKind] = await Promise.all([imageStreams, ...kindsOn(kind)].map(list));
  const running = byKind.flat();
  const known = streams ?? [];
  const named = await foreignStreams(objects, known, running);
  const { exemptNamespaces, ...places } = await settings();
  const read = await readNamespaces(objects, namespace);
  const facts = {
    namespaces: namespacesTold(read === 'forbidden' ? [] : read, namespace, [...known, ...running]),
    streams: [...known, ...named.streams],
    unreadable: named.unreadable,
    objects: running,
    places,
    exemptNamespaces,
    importer: kind,
  };
  const remarks: string[] = [];
  if (forbidden.length > 0) {
    const way = namespace === undefined ? '; -n NAMESPACE may be allowed' : '';
    remarks.push(`you may not list ${forbidden.toSorted().join(', ')}: left out${way}`);
  }
  if (read === 'forbidden') {
    remarks.push('you may not read namespaces: what their labels say of lookup is not known');
  }
  return { facts, remarks };
}

/** A pod template runs nothing; only OpenShift has deployment configs, and elsewhere asking for them may be refused. */
function kindsOn(backend: Backend['kind']): readonly ObjectKind[] {
  return workloads.filter(
    ({ kind }) => kind !== 'PodTemplate' && (kind !== 'DeploymentConfig' || backend !== 'cluster'),
  );
}

/** Streams that workloads name and that are not there yet: of another namespace. */
async function foreignStreams(
  objects: ObjectClient,
  known: readonly JsonObject[],
  running: readonly JsonObject[],
): Promise<{ readonly streams: readonly JsonObject[]; readonly unreadable: ReadonlySet<string> }> {
  const place = ({ namespace, name }: { readonly namespace: string; readonly name: string }) =>
    `${namespace}/${name}`;
  const present = new Set(known.map((stream) => place(keyOf(stream))));
  const streams: JsonObject[] = [];
  const unreadable = new Set<string>();
  for (const key of namedStreams(running)) {
    if (present.has(place(key))) continue;
    try {
      const stream = await objects.read(imageStreams, key);
      if (stream !== undefined) streams.push(stream);
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 403) throw error;
      unreadable.add(place(key));
    }
  }
  return { streams, unreadable };
}

async function readNamespaces(
  objects: ObjectClient,
  namespace: string | undefined,
): Promise<readonly JsonObject[] | 'forbidden'> {
  try {
    if (namespace === undefined) return await objects.list(namespaces, undefined);
    const object = await objects.read(namespaces, { namespace: '', name: namespace });
    return object === undefined ? [] : [object];
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 403) throw error;
    return 'forbidden';
  }
}

/** The namespaces that are told of; those that are only known by what is in them count as without a label. */
function namespacesTold(
  present: readonly JsonObject[],
  namespace: string | undefined,
  inside: readonly JsonObject[],
): ReadonlyMap<string, JsonObject | undefined> {
  const names = namespace === undefined ? inside.map((object) => keyOf(object).namespace) : [namespace];
  return new Map<string, JsonObject | undefined>([
    ...names.map((name) => [name, undefined] as const),
    ...present.map((object) => [keyOf(object).name, object] as const),
  ]);
}

/** Of all namespaces those that have to do with image streams. */
function withoutIdle(found: Status): Status {
  const busy = new Set(found.workloads.map(({ namespace }) => namespace));
  const kept = found.namespaces.filter(
    ({ name, streams, lookup, misspelt }) =>
      streams > 0 || lookup !== 'enabled' || misspelt !== undefined || busy.has(name),
  );
  return { ...found, namespaces: kept };
}

/** The shape for scripts; what it has stays. */
function statusObject({ namespaces: lines, workloads: rows, failingImports, scheduledTags }: Status): object {
  return {
    apiVersion: 'pinstream.dev/v1',
    kind: 'Status',
    namespaces: lines,
    workloads: rows.map(({ state, tag: { namespace, stream, tag }, ...row }) => ({
      ...row,
      tag: { namespace, name: `${stream}:${tag}` },
      state: state.kind,
      ...(state.kind === 'behind' ? { behind: state.by, since: state.since } : {}),
    })),
    failingImports,
    scheduledTags,
  };
}
