import { imageOfHistory } from '../imagestream/tag-source.ts';
import { latestEvent } from '../imagestream/pull-spec.ts';
import { readImageStream } from '../imagestream/read.ts';
import type { ReferencePolicy } from '../imagestream/types.ts';
import { importModes, type ImportMode } from '../imagestream/whole-stream.ts';
import type { JsonObject } from '../json/untyped.ts';
import { formatReference } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { ObjectKey } from './object-client.ts';
import { parseTagArgument, type Parsed, type TagArgument } from './stream-argument.ts';
import type { SpecTagObject } from './stream-object.ts';

/** `tag` as it was typed; what was not given is absent. */
export interface TagOrder {
  readonly args: readonly string[];
  /** The namespace of what names none. */
  readonly namespace: string;
  readonly source?: string | undefined;
  readonly delete?: boolean | undefined;
  readonly alias?: boolean | undefined;
  readonly reference?: boolean | undefined;
  readonly scheduled?: boolean | undefined;
  readonly insecure?: boolean | undefined;
  readonly referencePolicy?: string | undefined;
  readonly importMode?: string | undefined;
}

export type SourceKind = 'DockerImage' | 'ImageStreamTag' | 'ImageStreamImage';

/** A source; where a tag's present image is meant it has still to be looked up. */
export interface TagSourcePlan {
  readonly kind: SourceKind;
  readonly reference: ImageReference;
  /** The stream whose present image is meant; undefined: the source is what it says. */
  readonly lookUp: ObjectKey | undefined;
  /** As it was typed. */
  readonly text: string;
}

export type TagPlan =
  | { readonly kind: 'usage'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'delete'; readonly destinations: readonly TagArgument[] }
  | {
      readonly kind: 'set';
      readonly source: TagSourcePlan;
      readonly destinations: readonly TagArgument[];
      readonly wish: TagWish;
    };

/** What a destination is to be, but for its source. What a flag does not say is the default, as with oc. */
export interface TagWish {
  readonly alias: boolean;
  readonly reference: boolean;
  readonly scheduled: boolean;
  readonly insecure: boolean;
  readonly referencePolicy: ReferencePolicy;
  readonly importMode: ImportMode;
}

/** A source that has been looked up. */
export interface FoundSource {
  readonly kind: SourceKind;
  readonly reference: ImageReference;
}

const sourceWords: ReadonlyMap<string, SourceKind> = new Map([
  ['docker', 'DockerImage'],
  ['dockerimage', 'DockerImage'],
  ['imagestreamimage', 'ImageStreamImage'],
  ['imagestreamtag', 'ImageStreamTag'],
  ['isimage', 'ImageStreamImage'],
  ['istag', 'ImageStreamTag'],
]);
const tagName = /^\w[\w.-]{0,127}$/;

/** What a `tag` command asks for (spec imagestream-system.md 5.3; vectors `ocTagSourceKind`). */
export function planTag(order: TagOrder): TagPlan {
  const { args, namespace } = order;
  const isDelete = order.delete === true;
  if (args.length < (isDelete ? 1 : 2)) {
    const message = 'you must specify a source and at least one destination or one or more tags to delete';
    return { kind: 'usage', message };
  }
  const source = isDelete ? undefined : planSource(order);
  if (source !== undefined && !source.ok) {
    return { kind: source.isUsage === true ? 'usage' : 'refused', message: source.message };
  }
  const message = flagsRefusal(order, source?.value);
  if (message !== undefined) return { kind: 'refused', message };
  const destinations: TagArgument[] = [];
  for (const text of isDelete ? args : args.slice(1)) {
    const parsed = parseTagArgument(text, namespace);
    if (!parsed.ok) return { kind: 'refused', message: parsed.message };
    if (!isDelete && !tagName.test(parsed.value.tag)) {
      return {
        kind: 'refused',
        message: `"${parsed.value.tag}" is not a valid tag: it takes letters, digits, '_', '.' and '-', at most 128, and begins with none of the last two`,
      };
    }
    destinations.push(parsed.value);
  }
  if (source === undefined) return { kind: 'delete', destinations };
  if (order.alias === true && destinations.some(({ key }) => isOtherStream(source.value, key, namespace))) {
    return { kind: 'refused', message: 'cannot set alias across different Image Streams' };
  }
  return { kind: 'set', source: source.value, destinations, wish: wishOf(order) };
}

type PlannedSource =
  | { readonly ok: true; readonly value: TagSourcePlan }
  | { readonly ok: false; readonly isUsage?: boolean; readonly message: string };

function planSource({ args, namespace, source: hint = '', alias = false }: TagOrder): PlannedSource {
  const [text = ''] = args;
  const hinted = sourceWords.get(hint.toLowerCase().replace(/s$/, ''));
  if (hint !== '' && hinted === undefined) {
    const words = [...sourceWords.keys()].join(', ');
    return { ok: false, isUsage: true, message: `invalid source "${hint}"; valid values are ${words}` };
  }
  const parsed = parseReference(text);
  if (!parsed.ok) return { ok: false, message: `invalid SOURCE: ${parsed.error}` };
  const { reference } = parsed;
  const kind = hinted ?? kindOf(reference);
  if (kind !== 'DockerImage') {
    const message = streamSourceRefusal(kind, reference);
    if (message !== undefined) return { ok: false, message };
  }
  const lookUp =
    kind === 'ImageStreamTag' && !alias
      ? { namespace: reference.namespace === '' ? namespace : reference.namespace, name: reference.name }
      : undefined;
  return { ok: true, value: { kind, reference, lookUp, text } };
}

function kindOf({ registry, id, tag }: ImageReference): SourceKind {
  if (registry !== '') return 'DockerImage';
  if (id !== '') return 'ImageStreamImage';
  return tag === '' ? 'DockerImage' : 'ImageStreamTag';
}

function streamSourceRefusal(kind: SourceKind, { registry, tag, id }: ImageReference): string | undefined {
  if (registry !== '') return 'server in SOURCE is only allowed when providing a container image';
  if (kind === 'ImageStreamTag' && tag === '')
    return '--source=ImageStreamTag requires a valid <name>:<tag> in SOURCE';
  if (kind === 'ImageStreamImage' && id === '')
    return '--source=ImageStreamImage requires a valid <name>@<id> in SOURCE';
  return undefined;
}

function flagsRefusal(order: TagOrder, source: TagSourcePlan | undefined): string | undefined {
  const { scheduled = false, insecure = false, importMode, alias = false } = order;
  const isImport = scheduled || insecure;
  if (source === undefined && alias) return '--alias and --delete may not be both specified';
  if (!['source', 'local'].includes(order.referencePolicy ?? 'source'))
    return "reference policy must be set to 'source' or 'local'";
  if (importMode !== undefined && importMode !== '' && !importModes.some((mode) => mode === importMode)) {
    return `valid ImportMode values are ${importModes.join(' or ')}`;
  }
  if (source === undefined) {
    if ((order.source ?? '') !== '') return 'cannot specify a source kind when deleting';
    if (isImport) return 'cannot set flags for importing images when deleting a tag';
    if ((importMode ?? '') !== '') return 'cannot set an import mode when deleting a tag';
    return undefined;
  }
  // A tag's image that has still to be looked up may turn out to be a reference into a registry.
  if (alias && isImport) return 'cannot set a container image tag as an alias and also set import flags';
  if (source.kind !== 'DockerImage' && isImport) return 'only container images can have importing flags set';
  return undefined;
}

function isOtherStream({ reference }: TagSourcePlan, key: ObjectKey, namespace: string): boolean {
  const own = reference.namespace === '' ? namespace : reference.namespace;
  return own !== key.namespace || reference.name !== key.name;
}

function wishOf(order: TagOrder): TagWish {
  return {
    alias: order.alias === true,
    reference: order.reference === true,
    scheduled: order.scheduled === true,
    insecure: order.insecure === true,
    referencePolicy: order.referencePolicy === 'local' ? 'Local' : 'Source',
    importMode: importModes.find((mode) => mode === order.importMode) ?? 'Legacy',
  };
}

/**
 * The source with its tag's present image put in its place, or that of an image whose digest was begun.
 *
 * @param stream the stream that it names; undefined: there is none (the caller reports that)
 */
export function foundSource(plan: TagSourcePlan, stream: JsonObject | undefined): Parsed<FoundSource> {
  if (plan.lookUp === undefined || stream === undefined) {
    return { ok: true, value: { kind: plan.kind, reference: plan.reference } };
  }
  const event = latestEvent(readImageStream(stream), plan.reference.tag);
  if (event === undefined) {
    const message = `"${plan.text}" is not currently pointing to an image, cannot use it as the source of a tag`;
    return { ok: false, message };
  }
  if (event.image !== '') {
    const reference = { ...plan.reference, tag: '', id: event.image };
    return { ok: true, value: { kind: 'ImageStreamImage', reference } };
  }
  const parsed = parseReference(event.dockerImageReference);
  if (!parsed.ok) {
    const message = `the image stream tag "${plan.text}" has an invalid pull spec and cannot be used to tag: ${parsed.error}`;
    return { ok: false, message };
  }
  return { ok: true, value: { kind: 'DockerImage', reference: parsed.reference } };
}

/** Whether the history of the stream has the image that the source names; undefined: it does. */
export function missingImage(source: FoundSource, stream: JsonObject): string | undefined {
  const found = imageOfHistory(readImageStream(stream), source.reference.id);
  return found.ok ? undefined : found.message;
}

/** The spec tag of a destination. */
export function specTagFor(
  { kind, reference }: FoundSource,
  { key, tag }: TagArgument,
  wish: TagWish,
  namespace: string,
): SpecTagObject {
  const { reference: isReference, scheduled, insecure, importMode, referencePolicy } = wish;
  return {
    name: tag,
    from:
      kind === 'DockerImage'
        ? { kind, name: formatReference(reference) }
        : streamFrom(kind, reference, key, namespace),
    importPolicy: { ...(insecure ? { insecure } : {}), ...(scheduled ? { scheduled } : {}), importMode },
    ...(isReference ? { reference: true } : {}),
    referencePolicy: { type: referencePolicy },
  };
}

/** A namespace is named where it is not the destination's own. */
function streamFrom(kind: SourceKind, reference: ImageReference, key: ObjectKey, namespace: string) {
  const own = reference.namespace === '' ? namespace : reference.namespace;
  const name = formatReference({ ...reference, registry: '', namespace: '' });
  const isNamed = reference.namespace !== '' || own !== key.namespace;
  return { kind, ...(isNamed ? { namespace: own } : {}), name };
}

/** What `tag` says of one destination; oc's words. */
export function tagMessage(
  { reference }: FoundSource,
  { key, name }: TagArgument,
  { alias, scheduled }: TagWish,
  namespace: string,
): string {
  const isOwn = key.namespace === namespace;
  const destination = isOwn ? name : `${key.namespace}/${name}`;
  const source = formatReference(reference);
  if (alias) return `Tag ${destination} set up to track ${source}.`;
  if (scheduled) {
    return isOwn
      ? `Tag ${destination} set to import ${source} periodically.`
      : `Tag ${destination} set to ${source} periodically.`;
  }
  return `Tag ${destination} set to ${source}.`;
}
