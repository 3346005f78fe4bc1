import { decideAsking } from '../admission/ask.ts';
import type { AskedObject } from '../admission/asked-object.ts';
import { dryRunResult } from '../report/dry-run.ts';
import { joinedDocuments } from '../report/joined.ts';
import {
  readAskedInput,
  resolvedText,
  type AskedInput,
  type PlacedDecision,
} from '../report/resolved-input.ts';
import { namespacesAsked } from '../report/streams-asked.ts';
import { dryRunTable } from '../report/table.ts';
import { unifiedDiff } from '../report/unified-diff.ts';
import { objectName, objections } from '../report/unpinned.ts';
import { kindOfResource } from '../workload/kinds.ts';
import type { Backend, Decisions } from './backend.ts';
import { startTimer } from './decide.ts';
import { CommandError, UsageError } from './errors.ts';
import { bool, choice, texts } from './flags.ts';
import { paint, type Output } from './output.ts';
import type { InputText, Session } from './session.ts';
import { defineVerb } from './verb.ts';

const formats = ['yaml', 'json', 'table', 'diff'] as const;
type Format = (typeof formats)[number];

export const resolve = defineVerb({
  usage: '-f FILE|DIR|URL|- ...',
  help: `Shows what objects would be admitted as: the webhook's own decision, made here. Only image strings change; comments and
formatting stay. Works against a cluster, or offline on a folder of image streams (--objects DIR).

Exit code 1: something would be denied or cannot be read, or --check has found an image without a digest.`,
  examples: `# Pin the images of what is applied, by the streams in a folder of Git
pinstream resolve --objects streams -n shop -f deploy/ | kubectl apply -f -

# In a pipeline: fail where an image would stay unpinned, or an object would be denied
kustomize build overlays/prod | pinstream resolve --objects streams -f - --check

# See what would change, then write it into the files
pinstream resolve -f deploy/ -R -o diff
pinstream resolve -f deploy/ -R -i`,
  flags: {
    filename: texts('FILE', 'file, folder, URL, or - for standard input; may be given several times', {
      short: 'f',
    }),
    recursive: bool('look into the folders of a folder, too', { short: 'R' }),
    output: choice(formats, 'yaml: the input with its images resolved (default); json: every decision', {
      short: 'o',
    }),
    check: bool('exit with 1 when an image stays without a digest or an object would be denied'),
    inPlace: bool('write the resolved images into the files', { short: 'i' }),
  },
  completes: () => 'nothing',
  run: async (args, flags, session) => {
    const { filename = [], recursive = false, check = false, inPlace = false } = flags;
    if (args.length > 0)
      throw new UsageError(`unexpected argument "${args.join(' ')}"; files are named with -f`);
    if (filename.length === 0)
      throw new UsageError('must specify -f: a file, a folder, a URL, or - for standard input');
    const unwritable = filename.find((place) => place === '-' || isUrl(place));
    if (inPlace && unwritable !== undefined)
      throw new UsageError(`--in-place writes files, and "${unwritable}" is none`);
    const backend = await session.backend();
    const inputs = await readInputs(filename, recursive, backend.namespaceOr(''), session);
    if (inputs === undefined) return 1;
    const asked = inputs.flatMap(({ objects }) => objects.map((object) => object.asked));
    if (asked.some(lacksNamespace)) throw namespaceError(backend);
    const decisions = await backend.decisions(await namespacesOf(backend, asked));
    const decided = await Promise.all(inputs.map(async (input) => decidedInput(input, decisions)));
    const notes = asked.length === 0 ? [...decisions.notes, 'the input holds no object'] : decisions.notes;
    // With --check or --in-place nobody has asked to see them, unless he says so.
    const format = flags.output ?? (check || inPlace ? undefined : 'yaml');
    const failed = inPlace
      ? await written(decided, format, notes, session)
      : shown(decided, format, notes, session.output);
    const isTold = format !== undefined || inPlace;
    const objected = check ? checked(decided, isTold, session.output) : false;
    return failed || objected ? 1 : 0;
  },
});

interface DecidedInput extends InputText {
  readonly objects: readonly PlacedDecision[];
}

/** Undefined: something could not be read, which is told. */
async function readInputs(
  places: readonly string[],
  recursive: boolean,
  namespace: string,
  { readInput, output }: Session,
): Promise<readonly AskedInput[] | undefined> {
  const inputs: AskedInput[] = [];
  let failed = false;
  for (const place of places) {
    for (const { name, text } of await readInput(place, recursive)) {
      const reading = readAskedInput(name, text, namespace);
      if (reading.ok) inputs.push(reading.input);
      else if (reading.reason === 'shape' && name !== place && place !== '-') {
        // Folders hold values and settings of other tools, too.
        output.err(`Note: ${reading.message}; left as it is\n`);
        inputs.push({ name, text, objects: [] });
      } else {
        failed = true;
        output.err(`error: ${reading.message}\n`);
      }
    }
  }
  return failed ? undefined : inputs;
}

/** Objects without images may be of no namespace. */
function lacksNamespace({ request }: AskedObject): boolean {
  const { group, resource } = request.resource;
  return request.namespace === '' && kindOfResource(group, resource) !== undefined;
}

/** A folder with streams of several namespaces says itself, and better, that one has to be named. */
function namespaceError({ namespace }: Backend): Error {
  return new CommandError(
    `an object is in no namespace ("${namespace}"); say which one is meant, -n NAMESPACE`,
  );
}

async function namespacesOf(backend: Backend, asked: readonly AskedObject[]): Promise<readonly string[]> {
  return namespacesAsked(asked, async () => (await backend.settings()).internalRegistryHostname);
}

async function decidedInput(
  { name, text, objects }: AskedInput,
  { context, fallback }: Decisions,
): Promise<DecidedInput> {
  const decided = objects.map(async (object) => ({
    ...object,
    decision: await decideAsking(object.asked.request, context, fallback, startTimer),
  }));
  return { name, text, objects: await Promise.all(decided) };
}

/** Shows the decisions in a format; gives whether something failed. */
function shown(
  inputs: readonly DecidedInput[],
  format: Format | undefined,
  notes: readonly string[],
  output: Output,
): boolean {
  if (format === 'json' || format === 'table') {
    const result = dryRunResult(
      inputs.flatMap(({ objects }) => objects),
      notes,
    );
    output.out(format === 'json' ? `${JSON.stringify(result, null, 2)}\n` : dryRunTable(result));
    return tellDenials(inputs, '', output);
  }
  tellNotes(notes, output);
  // --check alone tells of each image, and why it is as it is.
  if (format === undefined) return false;
  tellWarnings(inputs, output);
  const results = inputs.map((input) => ({ input, after: resolvedInput(input, 'it is left out', output) }));
  if (format === 'diff') showDiffs(results, output);
  else output.out(joinedDocuments(results.flatMap(({ after }) => after ?? [])));
  return results.some(({ after }) => after === undefined);
}

/** Writes the files that change: all of them, or none where one of them cannot be resolved. */
async function written(
  inputs: readonly DecidedInput[],
  format: Format | undefined,
  notes: readonly string[],
  { output, writeInput }: Session,
): Promise<boolean> {
  if (format === undefined) {
    tellNotes(notes, output);
    tellWarnings(inputs, output);
  } else if (shown(inputs, format, notes, output)) {
    output.err('error: nothing is written\n');
    return true;
  }
  const results = inputs.map((input) => ({
    input,
    after: resolvedInput(input, 'nothing is written', output),
  }));
  if (results.some(({ after }) => after === undefined)) return true;
  for (const { input, after } of results) {
    if (after === undefined || after === input.text) continue;
    await writeInput(input, after);
    const count = input.objects
      .flatMap(({ decision }) => decision.images)
      .filter(({ resolution }) => resolution.outcome === 'rewritten').length;
    output.err(`${input.name}: ${counting(count, 'image')} resolved\n`);
  }
  return false;
}

/** The text as it would be admitted; undefined where it cannot be, which is told. */
function resolvedInput(input: DecidedInput, consequence: string, output: Output): string | undefined {
  if (tellDenials([input], `; ${consequence}`, output)) return undefined;
  const edit = resolvedText(input.text, input.objects);
  if (edit.ok) return edit.text;
  output.err(`error: ${input.name}: ${edit.message}; ${consequence}\n`);
  return undefined;
}

function showDiffs(
  results: readonly { readonly input: DecidedInput; readonly after: string | undefined }[],
  output: Output,
): void {
  const styles = { '+': 'green', '-': 'red', '@': 'dim' } as const;
  for (const { input, after } of results) {
    const name = input.name === 'standard input' ? 'stdin' : input.name;
    for (const [index, line] of unifiedDiff(name, input.text, after ?? input.text).entries()) {
      const style = index < 2 ? 'bold' : (styles[line.charAt(0) as keyof typeof styles] as 'red' | undefined);
      output.out(`${style === undefined ? line : paint(output, style, line)}\n`);
    }
  }
}

function tellNotes(notes: readonly string[], output: Output): void {
  for (const note of notes) output.err(`Note: ${note}\n`);
}

function tellWarnings(inputs: readonly DecidedInput[], output: Output): void {
  for (const { name, objects } of inputs) {
    for (const { asked, decision } of objects) {
      for (const warning of decision.warnings)
        output.err(`Warning: ${name}: ${objectName(asked)}: ${warning}\n`);
    }
  }
}

/** Gives whether there are any. */
function tellDenials(inputs: readonly DecidedInput[], consequence: string, output: Output): boolean {
  let denied = false;
  for (const { name, objects } of inputs) {
    for (const { asked, decision } of objects) {
      if (decision.denial === undefined) continue;
      denied = true;
      const message = `${objectName(asked)} would be denied: ${decision.denial.message}`;
      output.err(`error: ${name}: ${message}${consequence}\n`);
    }
  }
  return denied;
}

/**
 * Tells of every image without a digest and every denial; gives whether there are any.
 *
 * @param denialsTold they are told of already
 */
function checked(inputs: readonly DecidedInput[], denialsTold: boolean, output: Output): boolean {
  let found = 0;
  for (const { name, objects } of inputs) {
    for (const { asked, decision } of objects) {
      const lines = objections(asked, decision);
      found += lines.length;
      if (denialsTold && decision.denial !== undefined) continue;
      for (const line of lines) output.err(`${name}: ${line}\n`);
    }
  }
  const images = inputs.flatMap(({ objects }) => objects.flatMap(({ decision }) => decision.images));
  const counted = `${counting(images.length, 'image')} in ${counting(inputs.length, 'file')}`;
  output.err(`${counted}: ${found === 0 ? 'all pinned' : counting(found, 'objection')}\n`);
  return found > 0;
}

function counting(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place);
}
