import type { ImageDecision, PatchOperation } from './decision.ts';

/** Replaces each rewritten image at its own place; a build's whole reference, since its kind changes with it. */
export function imagePatch(images: readonly ImageDecision[]): readonly PatchOperation[] {
  return images.flatMap(({ slot, resolution }) => {
    if (resolution.outcome !== 'rewritten') return [];
    const value =
      slot.buildReference === undefined ? resolution.to : { kind: 'DockerImage', name: resolution.to };
    // What is triggered need not have named an image; "add" also replaces.
    const op = slot.image === '' ? ('add' as const) : ('replace' as const);
    return [{ op, path: slot.pointer, value }];
  });
}
