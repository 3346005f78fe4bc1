import { parseSource } from './tag-source.ts';
import { isImportable } from './generations.ts';
import type { TagEvent } from './types.ts';
import type { SpecTag } from './whole-stream.ts';

/**
 * Whether a tag is imported again and again (spec imagestream-system.md 1.2; vectors `scheduledImport`). What a digest names
 * never moves: such a tag is only tried until it has succeeded for its generation.
 */
export function isScheduled(
  tag: SpecTag,
  newest: TagEvent | undefined,
  effectiveGeneration: number | undefined,
): boolean {
  if (tag.from === undefined || !tag.importPolicy.scheduled || !isImportable(tag)) return false;
  // An image reference does not depend on the stream that names it.
  const parsed = parseSource(tag.from, { namespace: '', name: '' });
  if (!parsed.ok || parsed.source.kind !== 'DockerImage') return false;
  const isPinned = parsed.source.reference.id !== '';
  const isAnswered = newest !== undefined && (newest.generation ?? 0) >= (effectiveGeneration ?? 0);
  return !(isPinned && isAnswered);
}
