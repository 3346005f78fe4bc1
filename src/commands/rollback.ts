import { followedTag } from '../imagestream/aliases.ts';
import { readImageStream } from '../imagestream/read.ts';
import { parseSource } from '../imagestream/tag-source.ts';
import type { ImageStream, TagEvent } from '../imagestream/types.ts';
import { asObject, asTextMap, objectAt, type JsonObject } from '../json/untyped.ts';
import { formatReference } from '../reference/format.ts';
import { specTagOf, type SpecTagObject } from './stream-object.ts';

/** `rollback` as it was typed, for a tag of a stream. */
export interface RollbackOrder {
  readonly tag: string;
  /** How many events back, or a digest or the beginning of one; undefined: one back. */
  readonly to?: string | undefined;
  /** Of a tag that follows another one: roll back that one. */
  readonly atTarget?: boolean | undefined;
  /** Of a tag that follows another one: follow it no longer. */
  readonly detach?: boolean | undefined;
  /** Refuse what would end a schedule. */
  readonly keepSchedule?: boolean | undefined;
}

export type RollbackPlan =
  | { readonly ok: false; readonly message: string }
  | {
      readonly ok: true;
      /** The tag that is moved: the one that was named, or the one that it follows. */
      readonly tag: string;
      readonly next: SpecTagObject;
      readonly from: TagEvent;
      readonly to: TagEvent;
      /** What changes besides, and how to take it back; a sentence each. */
      readonly notes: readonly string[];
    };

/**
 * A tag pointed again at an earlier event of its history. The history is only ever added to: the old image becomes a new
 * item on top. It sticks, since the tag no longer names a source that moves.
 */
export function planRollback(raw: JsonObject, order: RollbackOrder): RollbackPlan {
  const stream = readImageStream(raw);
  const { name } = stream.metadata;
  const target = targetOf(stream, order);
  if (!target.ok) return target;
  const { tag } = target;
  const items = stream.status.tags.find((status) => status.tag === tag)?.items ?? [];
  const [from] = items;
  if (from === undefined) return refused(`${name}:${tag} has no history: nothing was ever imported into it`);
  const found = eventOf(items, order.to ?? '1', `${name}:${tag}`);
  if (!found.ok) return found;
  const to = found.event;
  if (to.image === from.image && to.dockerImageReference === from.dockerImageReference) {
    return refused(`${name}:${tag} stands for ${shown(to)} already`);
  }
  const spec = specTagOf(raw, tag);
  const isScheduled = objectAt(spec, 'importPolicy').scheduled === true;
  if (isScheduled && order.keepSchedule === true) {
    return refused(
      `${name}:${tag} is imported on schedule, which would move it forward again; without --keep-schedule the schedule ends`,
    );
  }
  return {
    ok: true,
    tag,
    next: specTagAt(to, tag, name, spec),
    from,
    to,
    notes: notesOf(stream, tag, isScheduled),
  };
}

type Target = { readonly ok: true; readonly tag: string } | { readonly ok: false; readonly message: string };

/** The tag to move: an alias would follow its target again at once. */
function targetOf(stream: ImageStream, { tag, atTarget = false, detach = false }: RollbackOrder): Target {
  const { name } = stream.metadata;
  if (atTarget && detach) return refused('--at-target and --detach exclude each other');
  const follows = (which: string): string | undefined => {
    const spec = stream.spec.tags.find((candidate) => candidate.name === which);
    return spec && followedTag(stream, spec);
  };
  const known =
    stream.spec.tags.some((spec) => spec.name === tag) ||
    stream.status.tags.some((status) => status.tag === tag);
  if (!known) {
    const tags = stream.status.tags.map((status) => status.tag).join(', ');
    return refused(`image stream "${name}" has no tag "${tag}"; it has ${tags === '' ? 'none' : tags}`);
  }
  const followed = follows(tag);
  if (followed === undefined || detach) return { ok: true, tag };
  if (!atTarget) {
    return refused(
      `${name}:${tag} follows ${name}:${followed}: --at-target rolls that one back, with all that follow it; --detach cuts ${name}:${tag} loose from it`,
    );
  }
  const seen = new Set([tag]);
  let current = followed;
  for (let next = follows(current); next !== undefined; next = follows(current)) {
    if (seen.has(current))
      return refused(`${name}:${tag} follows itself in a circle; --detach cuts it loose`);
    seen.add(current);
    current = next;
  }
  return { ok: true, tag: current };
}

type FoundEvent =
  { readonly ok: true; readonly event: TagEvent } | { readonly ok: false; readonly message: string };

function eventOf(items: readonly TagEvent[], to: string, name: string): FoundEvent {
  if (/^\d{1,6}$/.test(to)) {
    const event = items[Number(to)];
    if (event !== undefined) return { ok: true, event };
    const earlier = items.length - 1;
    return refused(
      earlier === 0
        ? `${name} has stood for one image only: there is nothing to roll back to`
        : `${name} has ${earlier} earlier event${earlier === 1 ? '' : 's'}: --to takes 1 to ${earlier}, not ${to}`,
    );
  }
  const fits = items.filter(
    ({ image }) =>
      image !== '' && (image.startsWith(to) || image.slice(image.indexOf(':') + 1).startsWith(to)),
  );
  const images = new Set(fits.map(({ image }) => image));
  const [event] = fits;
  if (event === undefined || to === '') {
    return refused(
      `the history of ${name} has no image "${to}"; describe shows it. An image of another tag: pinstream tag STREAM@DIGEST ${name}`,
    );
  }
  if (images.size > 1)
    return refused(`"${to}" is the beginning of ${images.size} images of ${name}: write more of it`);
  return { ok: true, event };
}

/** What a tag is afterwards: policies and annotations stay, what moves it does not. */
function specTagAt(
  { image, dockerImageReference }: TagEvent,
  tag: string,
  stream: string,
  spec: JsonObject | undefined,
): SpecTagObject {
  const importPolicy = objectAt(spec, 'importPolicy');
  const annotations = asTextMap(asObject(spec).annotations);
  const mode = importPolicy.importMode === 'PreserveOriginal' ? ('PreserveOriginal' as const) : undefined;
  const kept = {
    ...(importPolicy.insecure === true ? { insecure: true } : {}),
    ...(mode === undefined ? {} : { importMode: mode }),
  };
  const local = objectAt(spec, 'referencePolicy').type === 'Local';
  return {
    name: tag,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    from:
      image === ''
        ? { kind: 'DockerImage', name: dockerImageReference }
        : { kind: 'ImageStreamImage', name: `${stream}@${image}` },
    ...(image === '' ? { reference: true } : {}),
    ...(Object.keys(kept).length === 0 ? {} : { importPolicy: kept }),
    referencePolicy: { type: local ? 'Local' : 'Source' },
  };
}

function notesOf({ metadata, spec }: ImageStream, tag: string, isScheduled: boolean): readonly string[] {
  const name = `${metadata.name}:${tag}`;
  const { from, reference } = spec.tags.findLast((candidate) => candidate.name === tag) ?? {};
  const parsed = from && parseSource(from, metadata);
  if (parsed?.ok !== true) return [];
  const { source } = parsed;
  if (source.kind === 'DockerImage' && reference !== true) {
    const flag = isScheduled ? '--scheduled ' : '';
    const way = `pinstream tag ${flag}${formatReference(source.reference)} ${name}`;
    return [
      isScheduled
        ? `${name} is no longer imported on schedule; to follow its source again: ${way}`
        : `to take the image of its source again: ${way}`,
    ];
  }
  if (source.kind !== 'ImageStreamTag') return [];
  const followed = `${source.stream}:${source.tag}`;
  if (source.namespace === metadata.namespace && source.stream === metadata.name) {
    return [
      `it follows ${followed} no longer; to follow it again: pinstream tag --alias ${followed} ${name}`,
    ];
  }
  // Only tags of one stream can be aliases of each other (spec imagestream-system.md 5.3).
  const other = source.namespace === metadata.namespace ? followed : `${source.namespace}/${followed}`;
  return [`it follows ${other} no longer; to take its image again: pinstream tag ${other} ${name}`];
}

/** An event for people: what is pulled. */
export function shown({ dockerImageReference, image }: TagEvent): string {
  return dockerImageReference === '' ? image : dockerImageReference;
}

function refused(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
