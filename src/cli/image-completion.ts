import { imageResourceWords } from '../commands/image-targets.ts';
import type { Completion } from './verb.ts';

/** What the arguments of a verb on image streams, tags and images may be: a kind, then names of it. */
export function imageCompletion(
  words: readonly string[] = imageResourceWords,
): (index: number, before: readonly string[]) => Completion {
  return (index, [resource = '']) => {
    if (index === 0) return words;
    return /^(?:istag|imagestreamtag)/.test(resource) ? 'tag' : 'stream';
  };
}
