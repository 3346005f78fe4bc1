import { expect, test } from '@jest/globals';
import { BoundedMap } from '../../src/kube/bounded-map.ts';

test.each<[string, (map: BoundedMap<string, number>) => void, string[]]>([
  ['a new one over the bound', () => undefined, ['b', 'c', 'd']],
  ['one that was read', (map) => map.get('a'), ['a', 'c', 'd']],
  ['one that was written', (map) => map.set('a', 9), ['a', 'c', 'd']],
  ['nothing while one was deleted', (map) => map.delete('b'), ['a', 'c', 'd']],
])('forgets what was not used for the longest time: %s', (_what, use, kept) => {
  const map = new BoundedMap<string, number>(3);
  for (const key of ['a', 'b', 'c']) map.set(key, 1);
  use(map);
  map.set('d', 1);
  expect(['a', 'b', 'c', 'd'].filter((key) => map.get(key) !== undefined)).toEqual(kept);
  expect(map.size).toBe(3);
});
