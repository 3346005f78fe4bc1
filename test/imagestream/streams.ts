import { readWholeStream, type WholeStream } from '../../src/imagestream/whole-stream.ts';

/** A stream `demo/web` with the given tags, as the API would give it. */
export function streamWith(
  specTags: readonly object[],
  statusTags: readonly object[] = [],
  generation = 1,
): WholeStream {
  return readWholeStream({
    metadata: { namespace: 'demo', name: 'web', generation },
    spec: { tags: specTags },
    status: { tags: statusTags },
  });
}

/** A spec tag that follows `name`. */
export const aliasOf = (tag: string, name: string) => ({ name: tag, from: { kind: 'ImageStreamTag', name } });

/** A spec tag that is imported from `name`. */
export const importedFrom = (tag: string, name: string, more: object = {}) => ({
  name: tag,
  from: { kind: 'DockerImage', name },
  ...more,
});

export const digestOf = (character: string) => `sha256:${character.repeat(64)}`;

/** An event of the image whose digest is one character again and again. */
export const eventOf = (character: string, generation = 1, repository = 'reg.acme.test/crew/web') => ({
  created: '2024-01-01T00:00:00Z',
  dockerImageReference: `${repository}@${digestOf(character)}`,
  image: digestOf(character),
  generation,
});

/** The only one of a list that has one. */
export function only<T>(list: readonly T[]): T {
  const [first, ...more] = list;
  if (first === undefined || more.length > 0) throw new Error(`not one but ${list.length}`);
  return first;
}
