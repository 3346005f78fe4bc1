import { mapToLocal, noCaches, type LocalPlaces, type LocalRegistry } from '../imagestream/local-registry.ts';
import { defaultTag, pullSpecOf } from '../imagestream/pull-spec.ts';
import { internalRepository } from '../imagestream/repository.ts';
import type { StreamTag } from '../imagestream/stream-tag.ts';
import type { Image, TagEvent } from '../imagestream/types.ts';
import { formatReference, formatRepository } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import { imageFacts, unresolved, type Finding, type Resolved } from './finding.ts';
import type { ImageLookup } from './lookup.ts';
import type { ImageQuestion } from './question.ts';
import type { StreamSource } from './resolution.ts';
import { shown, tagList } from './wording.ts';

/** A tag to look up, and by what right. */
export interface TagRequest {
  /** The image as written, for messages. */
  readonly image: string;
  readonly reference: ImageReference;
  readonly namespace: string;
  readonly stream: string;
  readonly tag: string;
  /** Asked by a local name: needs the stream to be open, or force. Otherwise by a full internal pull spec. */
  readonly partial: boolean;
  /** Permission that does not come from the stream: the annotation, or a namespace whose streams are all open. */
  readonly permitted: boolean;
}

/** The stream tag that a reference asks for; undefined where it can be none (spec openshift-admission.md 2.2, steps 2-5). */
export function tagRequest(
  { image, namespace, force, mode }: ImageQuestion,
  reference: ImageReference,
  internalRegistryHostname: string,
): TagRequest | undefined {
  const { registry, name } = reference;
  const full = registry !== '' && registry === internalRegistryHostname;
  const partial = force || (registry === '' && reference.namespace === '');
  // A name with a slash, or none at all, can be no stream (vectors C07, C08).
  if ((!full && !partial) || name === '' || name.includes('/')) return undefined;
  const ownNamespace = force || reference.namespace === '';
  return {
    image,
    reference,
    namespace: ownNamespace ? namespace : reference.namespace,
    stream: name,
    tag: reference.tag === '' ? defaultTag : reference.tag,
    partial,
    permitted: force || mode === 'all',
  };
}

/** Answers it from the stream, if that is open (spec openshift-admission.md 2.4). */
export function findTag(request: TagRequest, lookup: ImageLookup, local: LocalPlaces): Finding {
  const { namespace, stream, tag, reference, partial, permitted, image } = request;
  const found = lookup.tag(namespace, stream, tag);
  if (found === undefined) {
    return unresolved('NoStream', `namespace ${namespace} has no image stream "${stream}"`, { reference });
  }
  const open = permitted || found.localLookup;
  if (partial && !open) {
    const message = `image stream ${namespace}/${stream} is not open for lookup (spec.lookupPolicy.local)`;
    const warning = `"${shown(image)}" is left alone: ${message}`;
    return unresolved('LookupClosed', message, { reference, source: sourceOf(found), warning });
  }
  if (found.event === undefined) {
    return missingTag(request, found, open, lookup, local.internalRegistryHostname);
  }
  return eventFinding(found, found.event, partial, lookup, local);
}

interface RememberedFinding {
  readonly event: TagEvent;
  readonly partial: boolean;
  readonly local: LocalPlaces;
  readonly image: Image | undefined;
  readonly finding: Finding;
}

const findings = new WeakMap<StreamTag, RememberedFinding>();

/**
 * The tag names an image: its pull spec under the reference policy, pinned to the newest event (spec 2.4). Where policy `Local`
 * has no integrated registry to lead to, it leads to a cache of the source, if there is one. The facts of a tag never change
 * and are asked for at every rollout, so what they come to is remembered with them.
 */
export function eventFinding(
  found: StreamTag,
  event: TagEvent,
  partial: boolean,
  lookup: ImageLookup,
  local: LocalPlaces,
): Finding {
  const image = lookup.image(event.image);
  const known = findings.get(found);
  const isSame =
    known?.event === event &&
    known.partial === partial &&
    known.image === image &&
    known.local.localRegistry === local.localRegistry &&
    known.local.internalRegistryHostname === local.internalRegistryHostname;
  if (isSame) return known.finding;
  const finding = findEvent(found, event, partial, image, local);
  findings.set(found, { event, partial, local, image, finding });
  return finding;
}

function findEvent(
  found: StreamTag,
  event: TagEvent,
  partial: boolean,
  image: Image | undefined,
  local: LocalPlaces,
): Finding {
  const source = sourceOf(found, event);
  const repository = repositoryOf(found, local.internalRegistryHostname) ?? '';
  const recorded = pullSpecOf(event, found.referencePolicy, repository);
  const caches = found.referencePolicy === 'Local' && repository === '' ? local.localRegistry : noCaches;
  const parsed = parseReference(recorded);
  if (!parsed.ok || parsed.reference.name === '') {
    const message = `${source.namespace}/${source.name} records "${shown(recorded)}", which names no image`;
    return unresolved('NotTagged', message, { source, warning: message });
  }
  const { reference, pullSpec, cached } = pinIn(caches, parsed.reference, event);
  const usual = partial ? 'ImageStreamTag' : 'InternalRegistry';
  return {
    kind: 'resolved',
    reason: cached === undefined ? usual : 'Mirror',
    message: `image stream tag ${source.namespace}/${source.name}${generationText(source)}${cached ?? ''}`,
    reference,
    pullSpec,
    local: partial,
    integrated: true,
    image: imageFacts(image, found.annotations),
    source,
  };
}

type Pinned = Pick<Resolved, 'reference' | 'pullSpec'>;

interface PinnedEvent extends Pinned {
  /** It lies in a cache: what that stands for, as the end of a message. */
  readonly cached?: string;
}

function pinIn(caches: LocalRegistry, recorded: ImageReference, event: TagEvent): PinnedEvent {
  const inCache = mapToLocal(recorded, caches);
  if (inCache === undefined) return pin(recorded, event);
  const names = `${formatRepository(recorded)} through ${formatRepository(inCache)}`;
  return { ...pin(inCache, event), cached: `; reference policy Local: ${names}` };
}

/** The reference without its tag, at the event's image. */
export function pin(recorded: ImageReference, { image }: TagEvent): Pinned {
  const reference = { ...recorded, tag: '', id: image };
  return { reference, pullSpec: formatReference(reference) };
}

/**
 * The stream exists and is open, the tag has no image: upstream writes the repository with the tag and hopes that the
 * registry has it (spec 2.5). Without a repository the name stays.
 */
function missingTag(
  { reference, partial, image }: TagRequest,
  found: StreamTag,
  open: boolean,
  lookup: ImageLookup,
  internalRegistryHostname: string,
): Finding {
  const source = sourceOf(found);
  const message = noImageText(found, lookup);
  const repository = parseReference(repositoryOf(found, internalRegistryHostname) ?? '');
  if (!open || !repository.ok || repository.reference.name === '') {
    const warning = `"${shown(image)}" is left alone: ${message}`;
    return unresolved('NotTagged', message, { reference, source, warning });
  }
  const guess = { ...repository.reference, tag: found.tag, id: '' };
  return {
    kind: 'resolved',
    reason: 'ImageStreamTagMissing',
    message,
    reference: guess,
    pullSpec: formatReference(guess),
    local: true,
    integrated: !partial,
    source,
    warning: `"${shown(image)}" is not pinned: ${message}`,
  };
}

/** Says that a tag names no image, and which tags do. */
export function noImageText({ namespace, stream, tag }: StreamTag, lookup: ImageLookup): string {
  const names = tagList(lookup.tagNames(namespace, stream));
  return `image stream ${namespace}/${stream} has no image for tag "${shown(tag, 40)}"; ${names}`;
}

/** The stream's repository; the configured host fills it in only where it is absent, not where it is empty. */
function repositoryOf({ namespace, stream, repository }: StreamTag, internalRegistryHostname: string) {
  return repository ?? internalRepository(internalRegistryHostname, { namespace, name: stream });
}

/** The image stream tag as evidence. */
export function sourceOf({ namespace, stream, tag }: StreamTag, event?: TagEvent): StreamSource {
  const name = `${stream}:${tag}`;
  const generation = event?.generation;
  return { kind: 'ImageStreamTag', namespace, name, ...(generation === undefined ? {} : { generation }) };
}

function generationText({ generation }: StreamSource): string {
  return generation === undefined ? '' : `, generation ${generation}`;
}
