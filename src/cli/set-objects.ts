import { qualifiedResource } from '../commands/kinds.ts';
import type { DryRun, ObjectClient, ObjectKey, ObjectKind } from '../commands/object-client.ts';
import { parseSelector } from '../commands/selector.ts';
import { kindOfObject, type Target, type Targets } from '../commands/set-targets.ts';
import { keyOf } from '../commands/stream-object.ts';
import { asTextMap, objectAt, type JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { placeText, readDocuments } from '../manifest/documents.ts';
import { matchesLabels, type LabelSelector } from '../policy/label-selector.ts';
import { operationLine } from '../printers/name.ts';
import { printJson, printName, printYaml } from '../printers/objects.ts';
import { CommandError, errorText, UsageError } from './errors.ts';
import { bool, choice, text, texts } from './flags.ts';
import type { Output } from './output.ts';
import type { Session } from './session.ts';

/** The flags by which the `set` verbs choose objects and say how the result is shown. */
export const setFlags = {
  all: bool('all objects of the types that are named, in the namespace'),
  selector: text('SELECTOR', 'only objects with these labels: app=web,tier!=db', { short: 'l' }),
  filename: texts('FILE', "objects by their files: a file, a folder, a URL, or '-'", { short: 'f' }),
  recursive: bool('with -f FOLDER: the folders below it, too', { short: 'R' }),
  local: bool('change what -f names and print it; nothing is read from or written to the cluster'),
  dryRun: choice(['none', 'client', 'server'], 'only show what would be done', { alone: 'client' }),
  output: choice(['name', 'yaml', 'json'], 'print the changed objects in this format', { short: 'o' }),
};

/** An object that a `set` verb is about. */
export interface SetObject {
  readonly kind: ObjectKind;
  readonly key: ObjectKey;
  readonly object: JsonObject;
}

/** What was found, and what could not be: the others are worked on nonetheless. */
export interface SetObjects {
  readonly found: readonly SetObject[];
  readonly failures: readonly unknown[];
}

/** @throws {UsageError} for what is no selector */
export function readSelector(given: string | undefined): LabelSelector {
  const parsed = parseSelector(given ?? '');
  if (!parsed.ok) throw new UsageError(parsed.error);
  return parsed.selector;
}

/** @throws {CommandError} for arguments that name nothing */
export function targetsOf(targets: Targets): readonly Target[] {
  if (!targets.ok) throw new CommandError(targets.error);
  return targets.targets;
}

/** Reads the objects that are named; of a type without names all that the selector takes. @throws {CommandError} for both */
export async function findObjects(
  objects: ObjectClient,
  namespace: string,
  targets: readonly Target[],
  selector: LabelSelector,
): Promise<SetObjects> {
  const found: SetObject[] = [];
  const failures: unknown[] = [];
  if (targets.some(({ name }) => name !== undefined) && selector.matchExpressions !== undefined) {
    throw new CommandError('name cannot be provided when a selector is specified');
  }
  for (const { kind, name } of targets) {
    try {
      if (name === undefined) {
        const listed = await objects.list(kind, namespace);
        found.push(...listed.map((object) => ({ kind, key: keyOf(object), object })));
      } else {
        const key = { namespace, name };
        const object = await objects.read(kind, key);
        if (object === undefined) failures.push(notFound(kind, name));
        else found.push({ kind, key, object });
      }
    } catch (error) {
      failures.push(error);
    }
  }
  return { found: found.filter(({ object }) => isSelected(object, selector)), failures };
}

/** The objects of files, as they stand there. Those of kinds that a `set` verb has nothing to do with are passed over. */
export async function fileObjects(
  session: Session,
  {
    filename = [],
    recursive = false,
  }: { readonly filename?: readonly string[]; readonly recursive?: boolean },
  namespace: string,
  selector: LabelSelector,
): Promise<readonly SetObject[]> {
  const found: SetObject[] = [];
  for (const place of filename) {
    for (const { name, text: content } of await session.readInput(place, recursive)) {
      const read = readDocuments(content);
      if (!read.ok) throw new CommandError(`${name}: ${placeText(read.place)}: ${read.message}`);
      for (const object of read.objects as readonly JsonObject[]) {
        const kind = kindOfObject(object);
        if (kind === undefined || !isSelected(object, selector)) continue;
        const key = keyOf(object);
        found.push({
          kind,
          key: { ...key, namespace: key.namespace === '' ? namespace : key.namespace },
          object,
        });
      }
    }
  }
  if (found.length === 0) {
    throw new CommandError(
      `${filename.join(', ')}: there is no image stream or workload in it that is meant`,
    );
  }
  return found;
}

/** The same objects as the cluster, or the folder, has them now. */
export async function storedObjects(
  objects: ObjectClient,
  wanted: readonly SetObject[],
): Promise<SetObjects> {
  const found: SetObject[] = [];
  const failures: unknown[] = [];
  for (const { kind, key } of wanted) {
    const stored = await findObjects(objects, key.namespace, [{ kind, name: key.name }], {});
    found.push(...stored.found);
    failures.push(...stored.failures);
  }
  return { found, failures };
}

export interface SetOptions {
  /** "image lookup updated" */
  readonly operation: string;
  /** Undefined: what is changed is only shown. */
  readonly objects: ObjectClient | undefined;
  readonly dryRun: DryRun;
  readonly format: 'name' | 'yaml' | 'json' | undefined;
}

/**
 * Changes the objects one after the other and prints those that have changed. Gives what failed.
 *
 * @param change undefined: it is as asked already
 */
export async function changeObjects(
  chosen: readonly SetObject[],
  change: (kind: ObjectKind, object: JsonObject) => JsonObject | undefined,
  { operation, objects, dryRun, format }: SetOptions,
  output: Output,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  let printed = 0;
  for (const { kind, key, object } of chosen) {
    try {
      const outcome = { isChanged: false };
      const changed = (old: JsonObject): JsonObject | undefined => {
        const next = change(kind, old);
        outcome.isChanged = next !== undefined;
        return next;
      };
      const now = objects ? await objects.change(kind, key, changed, { dryRun }) : changed(object);
      if (!outcome.isChanged || now === undefined) continue;
      if (format === 'yaml' && printed > 0) output.out('---\n');
      output.out(shown(kind, key, now, format, operation, dryRun));
      printed += 1;
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

/** Says what failed; gives the exit code. */
export function reportFailures(failures: readonly unknown[], { err }: Output): number {
  for (const failure of failures) err(errorText(failure, '').text);
  return failures.length === 0 ? 0 : 1;
}

function shown(
  { group, version, kind }: ObjectKind,
  { name }: ObjectKey,
  object: JsonObject,
  format: SetOptions['format'],
  operation: string,
  dryRun: DryRun,
): string {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  switch (format) {
    case 'yaml':
      return printYaml(object);
    case 'json':
      return printJson(object);
    case 'name':
      return printName({ apiVersion, kind, metadata: { name } });
    case undefined:
      return operationLine({ apiVersion, kind, name }, operation, dryRun);
  }
}

function isSelected(object: JsonObject, selector: LabelSelector): boolean {
  return matchesLabels(selector, asTextMap(objectAt(object, 'metadata').labels));
}

function notFound(kind: ObjectKind, name: string): StatusError {
  const message = `${qualifiedResource(kind)} "${name}" not found`;
  return new StatusError({ code: 404, reason: 'NotFound', message });
}
