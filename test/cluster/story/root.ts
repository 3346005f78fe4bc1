import { join } from 'node:path';

/** The checkout, whose manifests and examples the story applies. */
export const root = join(import.meta.dirname, '../../..');
