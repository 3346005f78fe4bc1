import type { ImageSlot } from '../workload/images.ts';

/**
 * Tells the images of an update that the stored object names already; those are not evaluated again
 * (spec openshift-admission.md 3.2; vectors E01-E12). A container is looked for by name among the stored init containers,
 * then the containers, and the first of that name counts: moving one between the lists keeps it, renaming makes it new.
 */
export function unchangedSince(stored: readonly ImageSlot[]): (slot: ImageSlot) => boolean {
  const byName = new Map<string, string>();
  for (const slot of stored) {
    if (!byName.has(slot.container)) byName.set(slot.container, slot.image);
  }
  return (slot) =>
    slot.buildReference === undefined
      ? byName.get(slot.container) === slot.image
      : stored.some((candidate) => sameBuildReference(slot, candidate));
}

/** A build's sources compare with any stored source, not by position; its strategy with the stored strategy. */
function sameBuildReference(slot: ImageSlot, stored: ImageSlot): boolean {
  const isSource = ({ key }: ImageSlot) => key.startsWith('source.');
  return (
    (isSource(slot) ? isSource(stored) : slot.key === stored.key) &&
    slot.image === stored.image &&
    slot.buildReference?.kind === stored.buildReference?.kind &&
    slot.buildReference?.namespace === stored.buildReference?.namespace
  );
}
