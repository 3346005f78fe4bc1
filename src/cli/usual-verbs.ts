/**
 * The verbs that share most of what they stand on: loaded together they are few large pieces, which start faster than many
 * small ones.
 */
export { complete } from './complete.ts';
export { completion } from './completion.ts';
export { createStream } from './create-stream.ts';
export { createTag } from './create-tag.ts';
export { deleteVerb } from './delete.ts';
export { describe } from './describe.ts';
export { explain } from './explain.ts';
export { get } from './get.ts';
export { importImage } from './import-image.ts';
export { rollback } from './rollback.ts';
export { setImageLookup } from './set-image-lookup.ts';
export { setNamespaceLookup } from './set-namespace-lookup.ts';
export { setTriggers } from './set-triggers.ts';
export { status } from './status.ts';
export { tag } from './tag.ts';
