import { canonicalRepository, type StreamName } from './repository.ts';
import { parseSource } from './tag-source.ts';
import type { ObjectReference } from './types.ts';
import type { ImportMode, SpecTag, StatusTag, WholeStream } from './whole-stream.ts';

/** Whether an import answers for this tag: it names an image of a registry, and not as a mere reference. */
export function isImportable({ from, reference }: Pick<SpecTag, 'from' | 'reference'>): boolean {
  return from?.kind === 'DockerImage' && reference !== true;
}

/**
 * Whether a spec tag asks for something else than before (spec imagestream-system.md 1.5; vectors `historyPush`, his-20 to
 * his-30). Reference policy, `insecure`, `scheduled` and annotations do not count; generation 0 asks again. Upstream misses
 * a change of `from.kind` alone: here it counts.
 */
export function specTagChanged(
  old: SpecTag,
  next: SpecTag,
  namespace: string,
  defaultMode: ImportMode = 'Legacy',
): boolean {
  if (next.from === undefined) return false;
  return (
    old.from === undefined ||
    !sameSource(old.from, next.from, namespace) ||
    (old.reference === true) !== (next.reference === true) ||
    (old.importPolicy.importMode ?? defaultMode) !== (next.importPolicy.importMode ?? defaultMode) ||
    next.generation === 0
  );
}

/**
 * Whether an import has not answered yet what the spec tag asks for (vectors `importNeeded`).
 *
 * @param effectiveGeneration what `effectiveGeneration` says; undefined: the tag has none
 * @param neverImported nothing was ever imported into the stream: a tag without a generation counts as behind, too
 */
export function tagNeedsImport(
  tag: SpecTag,
  effectiveGeneration: number | undefined,
  history: StatusTag | undefined,
  neverImported = false,
): boolean {
  if (!isImportable(tag)) return false;
  if (effectiveGeneration === undefined) return neverImported;
  return effectiveGeneration > answeredGeneration(history);
}

/** The last generation of a tag that was answered, by an image or by a failure; 0 where none was. */
export function answeredGeneration(history: StatusTag | undefined): number {
  if (history === undefined) return 0;
  return Math.max(
    0,
    history.items[0]?.generation ?? 0,
    failureOf(history)?.generation ?? 0,
    history.observed?.generation ?? 0,
  );
}

/**
 * The generation of a spec tag, as if a server had filled it in.
 *
 * OpenShift's API server writes `spec.tags[].generation` whenever a tag changes, and compares it with what status has
 * answered (spec imagestream-system.md 1.6). On a custom resource nobody fills it in, and we never write spec, or a GitOps
 * tool would see drift. So the number is derived, from what the importer left in `status.tags[].observed`: **a tag that
 * asks for what was evaluated last has the generation that was answered then; a tag that asks for something else has a
 * newer one**: the stream's own, or one more than was answered where that is larger (files have no generation at all).
 * What compares generations then works as upstream's rules do (`tagNeedsImport`, `importWrites`, `isScheduled`).
 *
 * With `observed.from` a tag is unchanged where all of this holds:
 * - its source is the observed one: kind, name, and namespace with the stream's own as the default;
 * - for `DockerImage`, its import mode is the observed one, where an absent or empty one is the server's default, and it
 *   was evaluated the way that it asks for now: a reference event names no image, an import does, or it failed. For the
 *   stream kinds neither makes a difference to what they come to;
 * - it does not ask for another import: `generation: 0` in a spec that was changed since the last answer. (A 0 that stays
 *   in the spec is one request for each change of the spec, not one for each look at it.)
 *
 * Without `observed.from` nobody of ours has evaluated the tag yet; the object may have come with a history:
 * - a generation in the spec (OpenShift's, or written by hand) is taken as it is, and 0 asks for an import;
 * - no history: the tag is new;
 * - a history from the place that the tag names is adopted as its answer: it was imported elsewhere, and importing it again
 *   would move tags that were to stay. The place is a repository, Docker's defaults filled in on both sides; for a reference
 *   tag, the very text. A tag of one of the stream kinds is adopted with any history;
 * - any other history, or a failure alone, answers something else.
 *
 * @param defaultMode the server's import mode
 * @returns undefined for a tag without `from`: it asks for nothing
 */
export function effectiveGeneration(
  stream: WholeStream,
  tag: SpecTag,
  status: StatusTag | undefined,
  defaultMode: ImportMode,
): number | undefined {
  const { from } = tag;
  if (from === undefined) return undefined;
  const answered = answeredGeneration(status);
  const newer = Math.max(stream.metadata.generation, answered + 1);
  const observed = status?.observed;
  if (observed?.from !== undefined) {
    const last = observed.generation ?? answered;
    const asksAgain = tag.generation === 0 && stream.metadata.generation > last;
    const unchanged =
      sameSource(observed.from, from, stream.metadata.namespace) &&
      (from.kind !== 'DockerImage' ||
        (sameMode(observed.importMode, tag, defaultMode) &&
          isEvaluatedAlike(tag, from, stream.metadata, status)));
    return unchanged && !asksAgain ? last : newer;
  }
  if (tag.generation !== undefined) return tag.generation > 0 ? tag.generation : newer;
  if (status === undefined || (status.items.length === 0 && failureOf(status) === undefined)) {
    return Math.max(stream.metadata.generation, 1);
  }
  return isAdopted(tag, from, stream.metadata, status) ? answered : newer;
}

function sameSource(a: ObjectReference, b: ObjectReference, namespace: string): boolean {
  const own = (given: string | undefined) => (given === undefined || given === '' ? namespace : given);
  return a.kind === b.kind && a.name === b.name && own(a.namespace) === own(b.namespace);
}

function sameMode(
  observed: string | undefined,
  { importPolicy, reference }: SpecTag,
  defaultMode: ImportMode,
): boolean {
  if (reference === true) return true; // nothing is imported
  const wasMode = observed === undefined || observed === '' ? defaultMode : observed;
  return wasMode === (importPolicy.importMode ?? defaultMode);
}

/** Whether a `DockerImage` tag was last evaluated as a reference if it is one now, and as an import if it is not. */
function isEvaluatedAlike(
  { reference = false }: SpecTag,
  from: ObjectReference,
  stream: StreamName,
  status: StatusTag | undefined,
): boolean {
  // The next event of either way takes a failure away. What does not parse fails either way, else only an import does.
  if (status !== undefined && failureOf(status) !== undefined) {
    return !reference || !parseSource(from, stream).ok;
  }
  return (status?.items[0]?.image === '') === reference;
}

function isAdopted(tag: SpecTag, from: ObjectReference, stream: StreamName, status: StatusTag): boolean {
  const [newest] = status.items;
  if (newest === undefined) return false;
  if (from.kind !== 'DockerImage') return true;
  if (!isEvaluatedAlike(tag, from, stream, status)) return false;
  if (tag.reference === true) return newest.dockerImageReference === from.name;
  const place = canonicalRepository(newest.dockerImageReference);
  return place !== undefined && place === canonicalRepository(from.name);
}

function failureOf({ conditions }: Pick<StatusTag, 'conditions'>) {
  return conditions.find(({ type }) => type === 'ImportSuccess');
}
