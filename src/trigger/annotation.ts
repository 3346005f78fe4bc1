import { asObject, isObject, type JsonObject } from '../json/untyped.ts';

/** Image change triggers of a workload, on the workload itself, never on its pod template (spec imagestream-system.md 4.1). */
export const triggersAnnotation = 'image.openshift.io/triggers';

/** One entry of the annotation: which tag a container of the workload follows. */
export interface ImageTrigger {
  readonly from: TriggerSource;
  /** Which container; as text, for `locateContainer`. */
  readonly fieldPath: string;
  readonly paused: boolean;
  /** The entry as it is written, with what is not understood, for who writes it back. */
  readonly written: JsonObject;
}

/** What is followed; empty texts are what is absent. */
export interface TriggerSource {
  readonly kind: string;
  /** "stream:tag" */
  readonly name: string;
  /** Empty: the workload's own. */
  readonly namespace: string;
  readonly apiVersion: string;
}

export type Triggers =
  | { readonly ok: true; readonly triggers: readonly ImageTrigger[] }
  /** Then no trigger of the workload works. */
  | {
      readonly ok: false;
      readonly error: string;
      /** The place in the annotation: "[0].from.name"; empty: all of it. */
      readonly place: string;
    };

/** Far beyond what any workload has containers for: somebody else's memory and time end somewhere. */
const entriesMax = 1000;

/**
 * Reads the annotation as upstream's Go does (vectors `triggerAnnotation`): the case of keys does not matter, `null` is
 * nothing, unknown keys are passed over; one value of a wrong type, or one field path twice, and all of it is invalid.
 */
export function readTriggers(annotation: string): Triggers {
  let value: unknown;
  try {
    value = JSON.parse(annotation);
  } catch {
    return wrong('it is not JSON');
  }
  if (value === null) return { ok: true, triggers: [] };
  if (!Array.isArray(value)) return wrong('it is not a list');
  if (value.length > entriesMax) return wrong(`it has more than ${entriesMax} entries`);
  const triggers: ImageTrigger[] = [];
  for (const [index, entry] of value.entries()) {
    const read = readTrigger(entry);
    if ('error' in read) return wrong(`entry ${index}: ${read.error}`, `[${index}]${read.key}`);
    triggers.push(read);
  }
  const paths = new Set<string>();
  const repeated = triggers.findIndex(({ fieldPath }) => paths.size === paths.add(fieldPath).size);
  return repeated < 0
    ? { ok: true, triggers }
    : wrong('duplicate triggers are not allowed', `[${repeated}].fieldPath`);
}

/** The stream whose changes an entry listens to (vectors ann-12 to ann-17); undefined where upstream listens to none. */
export function watchedStream(
  { from, paused }: Pick<ImageTrigger, 'from' | 'paused'>,
  objectNamespace: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const colon = from.name.indexOf(':');
  if (paused || from.kind !== 'ImageStreamTag' || from.apiVersion !== '' || colon < 0) return undefined;
  return {
    namespace: from.namespace === '' ? objectNamespace : from.namespace,
    name: from.name.slice(0, colon),
  };
}

function wrong(error: string, place = ''): Triggers {
  return { ok: false, error, place };
}

/** Why an entry cannot be read; `key` is the place within it. */
interface EntryError {
  readonly error: string;
  readonly key: string;
}

function readTrigger(entry: unknown): ImageTrigger | EntryError {
  if (entry !== null && !isObject(entry)) return { error: 'it is not an object', key: '' };
  const { from, fieldpath = null, paused = null } = lowerKeys(entry);
  if (from !== undefined && from !== null && !isObject(from)) {
    return { error: '"from" is not an object', key: '.from' };
  }
  const source = lowerKeys(from);
  const texts = ['kind', 'name', 'namespace', 'apiversion'].map((key) => [key, source[key] ?? null] as const);
  const [wrongText] = texts.find(([, value]) => value !== null && typeof value !== 'string') ?? [];
  if (wrongText !== undefined) {
    return { error: `"from.${wrongText}" is not a text`, key: `.from.${wrongText}` };
  }
  if (fieldpath !== null && typeof fieldpath !== 'string') {
    return { error: '"fieldPath" is not a text', key: '.fieldPath' };
  }
  if (paused !== null && typeof paused !== 'boolean') {
    return { error: '"paused" is not true or false', key: '.paused' };
  }
  const textOf = (key: string) => {
    const value = source[key];
    return typeof value === 'string' ? value : '';
  };
  return {
    from: {
      kind: textOf('kind'),
      name: textOf('name'),
      namespace: textOf('namespace'),
      apiVersion: textOf('apiversion'),
    },
    fieldPath: fieldpath ?? '',
    paused: paused ?? false,
    written: asObject(entry),
  };
}

/** Go takes a key in any case; of several the last one counts. */
function lowerKeys(value: unknown): JsonObject {
  return Object.fromEntries(
    Object.entries(asObject(value)).map(([key, inner]) => [key.toLowerCase(), inner]),
  );
}
