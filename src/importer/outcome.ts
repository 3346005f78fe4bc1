import { followedTag } from '../imagestream/aliases.ts';
import type { ObjectReference, TagEvent } from '../imagestream/types.ts';
import type { StatusTag, WholeStream } from '../imagestream/whole-stream.ts';
import type { ImportFailure } from './failure-condition.ts';

/** What a write of results tells of, for events and metrics. */
export type Outcome =
  | {
      readonly kind: 'moved';
      readonly tag: string;
      readonly source: string;
      readonly from: TagEvent | undefined;
      readonly to: TagEvent;
      /** The tags that moved with it. */
      readonly followers: readonly string[];
    }
  | {
      readonly kind: 'failed';
      readonly tag: string;
      readonly source: string;
      readonly failure: ImportFailure;
    }
  | { readonly kind: 'recovered'; readonly tag: string; readonly source: string }
  | { readonly kind: 'gone'; readonly tag: string; readonly event: TagEvent }
  | { readonly kind: 'deleted'; readonly tags: readonly string[] }
  | { readonly kind: 'repositoryFailed'; readonly source: string; readonly failure: ImportFailure };

/** One outcome for each tag that stands for another image than in `stream`, those that only follow one as its followers. */
export function movesBetween(stream: WholeStream, after: readonly StatusTag[]): readonly Outcome[] {
  const before = new Map(stream.status.tags.map(({ tag, items }) => [tag, items[0]]));
  const moved = after.filter(({ tag, items: [now] }) => now !== undefined && !isSame(now, before.get(tag)));
  const names = new Set(moved.map(({ tag }) => tag));
  const roots = new Map(moved.map(({ tag }) => [tag, rootOf(stream, tag, names)]));
  return moved.flatMap(({ tag, items: [to], observed }): Outcome[] => {
    if (to === undefined || roots.get(tag) !== tag) return [];
    const followers = [...roots].flatMap(([other, root]) => (root === tag && other !== tag ? [other] : []));
    const source = sourceText(observed?.from);
    return [{ kind: 'moved', tag, source, from: before.get(tag), to, followers }];
  });
}

function isSame(a: TagEvent, b: TagEvent | undefined): boolean {
  return a.image === b?.image && a.dockerImageReference === b.dockerImageReference;
}

/** The tag that a moved tag follows in the end, as far as what it follows has moved, too. */
function rootOf(stream: WholeStream, tag: string, moved: ReadonlySet<string>): string {
  const seen = new Set<string>();
  let current = tag;
  for (;;) {
    seen.add(current);
    const spec = stream.spec.tags.find(({ name }) => name === current);
    const followed = spec === undefined ? undefined : followedTag(stream, spec);
    if (followed === undefined || !moved.has(followed) || seen.has(followed)) return current;
    current = followed;
  }
}

function sourceText(from: ObjectReference | undefined): string {
  if (from === undefined) return '';
  return from.namespace === undefined ? from.name : `${from.namespace}/${from.name}`;
}
