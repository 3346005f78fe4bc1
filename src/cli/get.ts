import { imageTargets, type ImageResource, type ImageTarget } from '../commands/image-targets.ts';
import { imageStreams } from '../commands/kinds.ts';
import { parseSelector } from '../commands/selector.ts';
import { asTextMap, objectAt, type JsonObject } from '../json/untyped.ts';
import { matchesLabels } from '../policy/label-selector.ts';
import { parseJsonPath } from '../printers/jsonpath.ts';
import { listOf, printJson, printName, printYaml } from '../printers/objects.ts';
import { streamImageTable, streamTable, streamTagTable } from '../printers/stream-table.ts';
import { tablePrinter, type Table, type TableOptions } from '../printers/table.ts';
import { streamTagViews } from '../printers/views.ts';
import type { Backend } from './backend.ts';
import { CommandError, errorText, UsageError } from './errors.ts';
import { bool, text, type FlagValues } from './flags.ts';
import { imageObjectsOf } from './image-objects.ts';
import type { Session } from './session.ts';
import { imageCompletion } from './image-completion.ts';
import { defineVerb } from './verb.ts';

const flags = {
  output: text('FORM', 'wide, name, json, yaml or jsonpath=TEMPLATE', { short: 'o' }),
  allNamespaces: bool('of all namespaces', { short: 'A' }),
  selector: text('LABELS', 'only what has these labels: app=web,tier!=db', { short: 'l' }),
  watch: bool('go on with what changes', { short: 'w' }),
  noHeaders: bool('leave the headings out'),
  showLabels: bool('show the labels, too'),
};

type Given = FlagValues<typeof flags>;

export const get = defineVerb({
  usage: '(is|istag|isimage) [NAME ...] | TYPE/NAME ...',
  help: `Shows image streams (is), their tags (istag), and single images of a stream's history (isimage, by name: STREAM@DIGEST).
kubectl can show streams, but no tags of them: names of objects hold no colon.`,
  examples: `# The image streams of the namespace
pinstream get is

# What each tag stands for
pinstream get istag

# One tag, in full
pinstream get istag keycloak:20.0 -o yaml

# The digest that a tag stands for
pinstream get istag keycloak:20.0 -o jsonpath='{.image.metadata.name}'`,
  flags,
  completes: imageCompletion(),
  run: async (args, given, session) => {
    const targets = imageTargets(args);
    if (!targets.ok) throw new UsageError(targets.message);
    const form = outputForm(given.output);
    const isWanted = selection(given.selector);
    const backend = await session.backend();
    const namespace = given.allNamespaces === true ? undefined : backend.namespace;
    if (given.watch === true) {
      await watch(targets.value, namespace, form, given, isWanted, backend, session);
      return 0;
    }
    const { objects, code } = await collect(targets.value, namespace, isWanted, backend, session);
    show(objects, targets.value, form, given, namespace, session);
    return code;
  },
});

type Form =
  | { readonly kind: 'table'; readonly wide: boolean }
  | { readonly kind: 'object'; readonly print: (object: unknown) => string }
  | { readonly kind: 'name' };

function outputForm(output = ''): Form {
  switch (output) {
    case '':
    case 'wide':
      return { kind: 'table', wide: output === 'wide' };
    case 'name':
      return { kind: 'name' };
    case 'json':
      return { kind: 'object', print: printJson };
    case 'yaml':
      return { kind: 'object', print: printYaml };
  }
  const [, template] = /^jsonpath=(.*)$/s.exec(output) ?? [];
  if (template === undefined) {
    const message = `unable to match a printer suitable for the output format "${output}", allowed formats are: json, jsonpath, name, wide, yaml`;
    throw new CommandError(message);
  }
  const path = parseJsonPath(template);
  if (!path.ok) throw new CommandError(path.message);
  return {
    kind: 'object',
    print: (object) => {
      const filled = path.evaluate(object);
      if (!filled.ok) throw new CommandError(filled.message);
      return filled.text;
    },
  };
}

function selection(selector: string | undefined): (object: JsonObject) => boolean {
  if (selector === undefined) return () => true;
  const parsed = parseSelector(selector);
  if (!parsed.ok) throw new CommandError(parsed.error);
  return (object) => matchesLabels(parsed.selector, asTextMap(objectAt(object, 'metadata').labels));
}

interface Collected {
  readonly target: ImageTarget;
  readonly object: JsonObject;
}

/** What the targets name; each that is not there is said, and the others are still shown. */
async function collect(
  targets: readonly ImageTarget[],
  namespace: string | undefined,
  isWanted: (object: JsonObject) => boolean,
  backend: Backend,
  { output }: Session,
): Promise<{ readonly objects: readonly Collected[]; readonly code: number }> {
  const objects: Collected[] = [];
  let code = 0;
  for (const target of targets) {
    try {
      const found = await imageObjectsOf(target, namespace, backend);
      objects.push(...found.filter(isWanted).map((object) => ({ target, object })));
    } catch (error) {
      if (target.name === undefined || targets.length === 1) throw error;
      output.err(errorText(error, 'pinstream get').text);
      code = 1;
    }
  }
  return { objects, code };
}

function show(
  objects: readonly Collected[],
  targets: readonly ImageTarget[],
  form: Form,
  given: Given,
  namespace: string | undefined,
  { output, now }: Session,
): void {
  const raw = objects.map(({ object }) => object);
  if (form.kind === 'object') {
    const [single] = raw;
    const isSingle = targets.length === 1 && targets[0]?.name !== undefined && single !== undefined;
    output.out(form.print(isSingle ? single : listOf(raw)));
    return;
  }
  if (form.kind === 'name') {
    for (const object of raw) output.out(printName(object));
    return;
  }
  const resources = [...new Set(targets.map(({ resource }) => resource))];
  const tables = resources.map((resource) => {
    const own = objects.filter(({ target }) => target.resource === resource).map(({ object }) => object);
    return tablePrinter(tableOptions(form, given, namespace))(tableOf(resource, own, now()));
  });
  const shown = tables.filter((table) => table !== '');
  output.out(shown.join('\n'));
  if (shown.length === 0 && objects.length === 0 && targets.every(({ name }) => name === undefined)) {
    output.err(`No resources found${namespace === undefined ? '' : ` in ${namespace} namespace.`}\n`);
  }
}

function tableOf(resource: ImageResource, objects: readonly JsonObject[], now: number): Table {
  switch (resource) {
    case 'imagestreams':
      return streamTable(objects, now);
    case 'imagestreamtags':
      return streamTagTable(objects, now);
    case 'imagestreamimages':
      return streamImageTable(objects, now);
  }
}

function tableOptions(
  form: Extract<Form, { kind: 'table' }>,
  { noHeaders = false, showLabels = false }: Given,
  namespace: string | undefined,
): TableOptions {
  return { wide: form.wide, noHeaders, withNamespace: namespace === undefined, withLabels: showLabels };
}

/** Follows streams; of tags those are shown that differ from what was shown last. */
async function watch(
  targets: readonly ImageTarget[],
  namespace: string | undefined,
  form: Form,
  given: Given,
  isWanted: (object: JsonObject) => boolean,
  backend: Backend,
  { output, now, interrupted }: Session,
): Promise<void> {
  const [target, ...more] = targets;
  if (target === undefined || more.length > 0 || target.resource === 'imagestreamimages') {
    throw new CommandError('-w watches one kind at a time, is or istag, and at most one name of it');
  }
  const { resource, name } = target;
  const local = await backend.settings();
  const last = new Map<string, string>();
  const print = form.kind === 'table' ? tablePrinter(tableOptions(form, given, namespace)) : undefined;
  const showOne = (object: JsonObject) => {
    if (print !== undefined) output.out(print(tableOf(resource, [object], now())));
    else
      output.out(form.kind === 'name' ? printName(object) : form.kind === 'object' ? form.print(object) : '');
  };
  await backend.objects.follow(
    imageStreams,
    namespace,
    (stream, isDeleted) => {
      if (isDeleted) return;
      const objects = resource === 'imagestreams' ? [stream] : streamTagViews(stream, local);
      for (const object of objects.filter(isWanted)) {
        const { namespace: place, name: own, ...metadata } = objectAt(object, 'metadata');
        if (name !== undefined && own !== name) continue;
        const key = `${String(place)}/${String(own)}`;
        // A tag's view changes with every write of its stream; what it shows does not.
        const state = JSON.stringify(
          resource === 'imagestreams' ? object : { ...object, metadata: metadata.labels },
        );
        if (last.get(key) === state) continue;
        last.set(key, state);
        showOne(object);
      }
    },
    interrupted,
  );
}
