import { readFileSync } from 'node:fs';

/** The behaviour vectors of `test/vectors/`: facts about upstream, most of them run against it. */
export function readVectors(file: 'admission.json' | 'imagestream.json'): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8'));
}

/** One group of imagestream.json as rows for `test.each`: [id, vector]. */
export function vectorGroup<T extends { readonly id: string }>(group: string): [string, T][] {
  const { groups } = readVectors('imagestream.json') as { groups: Record<string, T[] | undefined> };
  const vectors = groups[group];
  if (vectors === undefined) throw new Error(`imagestream.json has no group "${group}"`);
  return vectors.map((vector) => [vector.id, vector]);
}
