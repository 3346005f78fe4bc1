import type { Parsed } from './stream-argument.ts';

/** The kinds of image streams that people look at. */
export type ImageResource = 'imagestreams' | 'imagestreamtags' | 'imagestreamimages';

/** One argument: a kind with a name, or all of a kind. */
export interface ImageTarget {
  readonly resource: ImageResource;
  readonly name?: string;
}

const words: ReadonlyMap<string, ImageResource> = new Map([
  ['imagestreams', 'imagestreams'],
  ['imagestream', 'imagestreams'],
  ['is', 'imagestreams'],
  ['imagestreamtags', 'imagestreamtags'],
  ['imagestreamtag', 'imagestreamtags'],
  ['istag', 'imagestreamtags'],
  ['istags', 'imagestreamtags'],
  ['imagestreamimages', 'imagestreamimages'],
  ['imagestreamimage', 'imagestreamimages'],
  ['isimage', 'imagestreamimages'],
]);

/** The words that complete a kind. */
export const imageResourceWords = ['is', 'istag', 'isimage'] as const;

/** Reads `TYPE[,TYPE] [NAME…]` and `TYPE/NAME…`, as kubectl does. */
export function imageTargets(args: readonly string[]): Parsed<readonly ImageTarget[]> {
  const [types = '', ...names] = args;
  if (types === '') return refused(`you must specify the type of resource: ${imageResourceWords.join(', ')}`);
  if (types.includes('/')) return slashed(args);
  const targets: ImageTarget[] = [];
  for (const word of types.split(',')) {
    const resource = resourceOf(word);
    if (resource === undefined) return refused(unknown(word));
    const mixed = names.find((name) => name.includes('/'));
    if (mixed !== undefined) {
      return refused(
        `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. '${mixed}')`,
      );
    }
    if (names.length === 0) targets.push({ resource });
    for (const name of names) targets.push({ resource, name });
  }
  return { ok: true, value: targets };
}

function slashed(args: readonly string[]): Parsed<readonly ImageTarget[]> {
  const targets: ImageTarget[] = [];
  for (const arg of args) {
    const [word = '', name = '', ...more] = arg.split('/');
    if (name === '' || more.length > 0) {
      return refused('arguments in resource/name form must have a single resource and name');
    }
    const resource = resourceOf(word);
    if (resource === undefined) return refused(unknown(word));
    targets.push({ resource, name });
  }
  return { ok: true, value: targets };
}

function resourceOf(word: string): ImageResource | undefined {
  return words.get(word.toLowerCase().replace(/\.(?:v1\.)?image\.openshift\.io$/, ''));
}

function unknown(word: string): string {
  return `"${word}" is none of ${imageResourceWords.join(', ')}; kubectl knows all other kinds`;
}

function refused(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
