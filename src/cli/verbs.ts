import type { Verb } from './verb.ts';

/** A verb in the list of verbs; what it does is loaded when it is run. */
export interface VerbEntry {
  /** One word, or two: ["set", "image-lookup"]. */
  readonly path: readonly [string] | readonly [string, string];
  /** Other words for the last one of the path. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Left out of the help and of completion: programs call it. */
  readonly hidden?: boolean;
  readonly load: () => Promise<Verb>;
}

/** Every verb for people, in the order of the help. */
export const verbs: readonly VerbEntry[] = [
  {
    path: ['create', 'imagestream'],
    aliases: ['is'],
    summary: 'make an image stream',
    load: async () => (await import('./usual-verbs.ts')).createStream,
  },
  {
    path: ['create', 'imagestreamtag'],
    aliases: ['istag'],
    summary: 'make an image stream tag',
    load: async () => (await import('./usual-verbs.ts')).createTag,
  },
  {
    path: ['tag'],
    summary: 'point tags at images, or remove them',
    load: async () => (await import('./usual-verbs.ts')).tag,
  },
  {
    path: ['import-image'],
    summary: 'import images from a registry now',
    load: async () => (await import('./usual-verbs.ts')).importImage,
  },
  {
    path: ['get'],
    summary: 'show image streams, tags and images',
    load: async () => (await import('./usual-verbs.ts')).get,
  },
  {
    path: ['describe'],
    summary: 'tell all of image streams, tags and images',
    load: async () => (await import('./usual-verbs.ts')).describe,
  },
  {
    path: ['delete'],
    summary: 'delete image streams, or tags with their history',
    load: async () => (await import('./usual-verbs.ts')).deleteVerb,
  },
  {
    path: ['rollback'],
    summary: 'point a tag again at what it stood for',
    load: async () => (await import('./usual-verbs.ts')).rollback,
  },
  {
    path: ['resolve'],
    summary: 'show what objects would be admitted as, or pin their images',
    load: async () => (await import('./resolve.ts')).resolve,
  },
  {
    path: ['explain'],
    summary: 'tell step by step what an image name stands for',
    load: async () => (await import('./usual-verbs.ts')).explain,
  },
  {
    path: ['set', 'image-lookup'],
    summary: 'open image streams for short names, or close them',
    load: async () => (await import('./usual-verbs.ts')).setImageLookup,
  },
  {
    path: ['set', 'namespace-lookup'],
    summary: 'say for a whole namespace how short names are looked up',
    load: async () => (await import('./usual-verbs.ts')).setNamespaceLookup,
  },
  {
    path: ['set', 'triggers'],
    summary: 'have containers follow image stream tags',
    load: async () => (await import('./usual-verbs.ts')).setTriggers,
  },
  {
    path: ['status'],
    summary: 'show which workloads use which tags, and what needs a look',
    load: async () => (await import('./usual-verbs.ts')).status,
  },
  {
    path: ['completion'],
    summary: 'print what a shell needs to complete command lines',
    load: async () => (await import('./usual-verbs.ts')).completion,
  },
  {
    path: ['__complete'],
    summary: 'print what the last word of a command line may be',
    hidden: true,
    load: async () => (await import('./usual-verbs.ts')).complete,
  },
];

/** The verb that the first words of a command line name; undefined where they name none. */
export function findVerb([first = '', second = '']: readonly string[]): VerbEntry | undefined {
  return verbs.find(({ path, aliases = [] }) => {
    const names: readonly string[] = [path.at(-1) ?? '', ...aliases];
    return path.length === 1 ? names.includes(first) : path[0] === first && names.includes(second);
  });
}

/** Whether a word begins the name of a verb. */
export function isVerbWord(word: string): boolean {
  return verbs.some(({ path }) => path[0] === word);
}
