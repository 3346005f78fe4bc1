import { followTag } from '../imagestream/aliases.ts';
import { answeredGeneration, effectiveGeneration } from '../imagestream/generations.ts';
import { prioritizeTags } from '../imagestream/tag-priority.ts';
import type { ObjectReference, TagEvent } from '../imagestream/types.ts';
import {
  importModes,
  readWholeStream,
  type ImportMode,
  type SpecTag,
  type StatusTag,
  type TagCondition,
  type WholeStream,
} from '../imagestream/whole-stream.ts';
import { asObject, asText } from '../json/untyped.ts';
import { parseReference } from '../reference/parse.ts';
import { timeAgo } from './age.ts';
import { annotationLines, labelled, labelledMap, type Lines } from './labelled-lines.ts';
import { alignTabs, describeStyle, escapeTerminal } from './tabs.ts';

/** What is known of a stream besides itself. */
export interface DescribeExtras {
  /** What decides about short names, where it is not the stream alone. */
  readonly lookup?: {
    readonly effective: boolean;
    /** "namespace label pinstream.dev/image-lookup=fallback" */
    readonly because: string;
  };
  /** The server's import mode, where it is known; else a tag that leaves it open counts as imported in the right one. */
  readonly defaultImportMode?: ImportMode;
}

/**
 * An image stream as `oc describe is` prints it (spec imagestream-system.md 5.7). Ours in addition: what a namespace says about
 * lookup, and a warning under a tag whose image is gone from its registry. Unlike upstream's, the number of unique images
 * counts each reference that names no image.
 *
 * @param raw the ImageStream
 * @param now milliseconds
 */
export function describeStream(raw: unknown, now: number, extras: DescribeExtras = {}): string {
  const stream = readWholeStream(raw);
  const lines = [
    ...metadataLines(raw, now),
    ...repositoryLines(stream, extras),
    ...tagLines(stream, now, extras),
  ];
  return alignTabs(lines, describeStyle);
}

function metadataLines(raw: unknown, now: number): Lines {
  const { name, namespace, creationTimestamp, labels, annotations } = asObject(asObject(raw).metadata);
  const created = timeAgo(asText(creationTimestamp), now);
  return [
    ...labelled('Name', asText(name)),
    ...(asText(namespace) === '' ? [] : labelled('Namespace', asText(namespace))),
    ...(created === undefined ? [] : labelled('Created', created)),
    ...labelledMap('Labels', labels),
    ...annotationLines(annotations),
  ];
}

function repositoryLines({ spec, status }: WholeStream, { lookup }: DescribeExtras): Lines {
  const { publicDockerImageRepository = '', dockerImageRepository = '' } = status;
  const { local } = spec.lookupPolicy;
  const overridden =
    lookup === undefined || lookup.effective === local
      ? ''
      : ` (effective: local=${lookup.effective}, ${lookup.because})`;
  return [
    ...labelled('Image Repository', publicDockerImageRepository || dockerImageRepository),
    ...labelled('Image Lookup', `local=${local}${overridden}`),
  ];
}

function tagLines(stream: WholeStream, now: number, extras: DescribeExtras): Lines {
  const { spec, status } = stream;
  const names = [...new Set([...status.tags.map(({ tag }) => tag), ...spec.tags.map(({ name }) => name)])];
  if (names.length === 0) return labelled('Tags', '');
  const images = new Set(
    status.tags.flatMap(({ items }) => items.map((event) => event.image || event.dockerImageReference)),
  );
  const aliases = aliasesByTag(stream);
  const folded = new Set([...aliases.values()].flat());
  const specTags = new Map(spec.tags.map((tag) => [tag.name, tag]));
  const statusTags = new Map(status.tags.map((tag) => [tag.tag, tag]));
  const blocks = prioritizeTags(names)
    .filter((name) => !folded.has(name))
    .map((name) => {
      const heading = [name, ...parenthesised(aliases.get(name) ?? [])].join(' ');
      return [[heading], ...tagBlock(stream, specTags.get(name), statusTags.get(name), now, extras)];
    });
  return [
    ...labelled('Unique Images', String(images.size)),
    ...labelled('Tags', String(names.length)),
    ...blocks.flatMap((block) => [[''], ...block]),
  ];
}

/** The tags that follow another one to its end, by that end, in the order in which they are printed. */
function aliasesByTag(stream: WholeStream): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  const candidates = stream.spec.tags.filter(({ from }) => from?.kind === 'ImageStreamTag');
  for (const name of prioritizeTags(candidates.map((tag) => tag.name))) {
    const followed = followTag(stream, name);
    if (!followed.ok || !followed.multiple) continue;
    const known = aliases.get(followed.finalTag);
    if (known === undefined) aliases.set(followed.finalTag, [name]);
    else known.push(name);
  }
  return aliases;
}

function parenthesised(aliases: readonly string[]): string[] {
  return aliases.length === 0 ? [] : [`(${aliases.join(', ')})`];
}

/** What stands below a tag's name. */
function tagBlock(
  stream: WholeStream,
  tag: SpecTag | undefined,
  status: StatusTag | undefined,
  now: number,
  { defaultImportMode }: DescribeExtras,
): Lines {
  const lines = [
    `  ${sourceText(tag, stream.metadata.namespace)}`,
    ...(tag?.from !== undefined && tag.importPolicy.insecure
      ? ['    will use insecure HTTPS or HTTP connections']
      : []),
    ...(tag?.referencePolicy === 'Local'
      ? ['    prefer registry pullthrough when referencing this tag']
      : []),
    '',
    ...aboutLines(tag),
    ...(isPending(stream, tag, status, defaultImportMode) ? ['  ~ importing latest image ...'] : []),
    ...(status?.conditions ?? []).flatMap((condition) => conditionLines(condition, now)),
  ];
  const events = (status?.items ?? []).flatMap((event, index) => eventLines(event, index === 0, now));
  return [...lines.map((line) => [escapeTerminal(line)]), ...events];
}

/** Where the tag comes from, in a few words. */
function sourceText(tag: SpecTag | undefined, namespace: string): string {
  if (tag === undefined) return 'no spec tag';
  if (tag.from === undefined) return 'tag without source image';
  const name = sourceName(tag.from, namespace);
  const { scheduled } = tag.importPolicy;
  switch (tag.from.kind) {
    case 'ImageStreamTag':
      if (tag.reference === true) return `reference to ${name}`;
      return scheduled ? `updates automatically from ${name}` : `tagged from ${name}`;
    case 'DockerImage':
      if (tag.reference === true) return `reference to registry ${name}`;
      return scheduled ? `updates automatically from registry ${name}` : `tagged from ${name}`;
    case 'ImageStreamImage':
      return tag.reference === true ? `reference to image ${name}` : `tagged from ${name}`;
    default:
      return `${tag.reference === true ? 'reference to' : 'updates from'} ${tag.from.kind} ${name}`;
  }
}

function sourceName({ namespace = '', name }: ObjectReference, ownNamespace: string): string {
  return namespace === '' || namespace === ownNamespace ? name : `${namespace}/${name}`;
}

/** What the tag's annotations say about it, and an empty line behind. */
function aboutLines(tag: SpecTag | undefined): readonly string[] {
  const { description = '', tags = '', supports = '', sampleRepo = '' } = tag?.annotations ?? {};
  const lines = [
    ...(description === '' ? [] : [`  ${description}`]),
    ...(tags === '' ? [] : [`  Tags: ${spaced(tags)}`]),
    ...(supports === '' ? [] : [`  Supports: ${spaced(supports)}`]),
    ...(sampleRepo === '' ? [] : [`  Example Repo: ${sampleRepo}`]),
  ];
  return lines.length === 0 ? [] : [...lines, ''];
}

function spaced(list: string): string {
  return list.split(',').join(', ');
}

/**
 * Whether the spec tag asks for something that is not answered yet. The generation is the effective one, since nobody fills
 * it in on a custom resource.
 */
function isPending(
  stream: WholeStream,
  tag: SpecTag | undefined,
  status: StatusTag | undefined,
  defaultImportMode: ImportMode | undefined,
): boolean {
  if (tag?.from === undefined || tag.reference === true) return false;
  const observed = importModes.find((mode) => mode === status?.observed?.importMode);
  const mode = defaultImportMode ?? observed ?? 'Legacy';
  return (effectiveGeneration(stream, tag, status, mode) ?? 0) > answeredGeneration(status);
}

function conditionLines(
  { type, status, reason, message, lastTransitionTime }: TagCondition,
  now: number,
): readonly string[] {
  if (status !== 'False') return [];
  const since = `      ${timeAgo(lastTransitionTime, now) ?? unknownTime}`;
  switch (type) {
    case 'ImportSuccess':
      return [`  ! error: Import failed (${reason}): ${message}`, since];
    case 'ImagePresent':
      return [`  ! warning: image is gone from its registry: ${message}`, since];
    default:
      return [];
  }
}

const unknownTime = 'at an unknown time';

/** The event's reference, and its age below; beside that the image, where the reference does not say it. */
function eventLines(
  { dockerImageReference, image, created }: TagEvent,
  isCurrent: boolean,
  now: number,
): Lines {
  const parsed = parseReference(dockerImageReference);
  const isSaid = image === '' || !parsed.ok || parsed.reference.id === image;
  return [
    [escapeTerminal(`  ${isCurrent ? '*' : ' '} ${dockerImageReference}`)],
    [`      ${timeAgo(created, now) ?? unknownTime}`, ...(isSaid ? [] : [image])],
  ];
}
