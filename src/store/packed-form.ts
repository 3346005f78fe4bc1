/**
 * An image stream as bytes, an eighth of its JSON: nothing is said twice that a stream usually says twice, and digests are 32 bytes. No
 * fact is lost: what is unusual is written out, and a stream that does not fit at all is kept as JSON. What is sized can be passed over.
 *
 *     record     digests (count, then 32 bytes each, no two alike), form, and what the form says
 *     stream     repositories of the status, time, places, spec tags, status tags
 *     place      a repository that events lie in: `PLACE@DIGEST`
 *     spec tag   name, size, flags, and what the flags say
 *     status tag which spec tag, or its own name; how many events, the number of its first digest, size, events
 *     event      flags, then what they do not say: time before the one of the event before, digest, reference, generation
 */
import { ByteReader, digestBytes } from './bytes.ts';

export const form = { json: 1, isOpen: 2, repository: 4, publicRepository: 8, oddImages: 16 } as const;
export const tagIs = { local: 1, reference: 2, generation: 4, annotated: 8, from: 0x30 } as const;
export const from = { none: 0, usual: 0x10, image: 0x20, object: 0x30 } as const;
export const time = { none: 0, steps: 1, text: 2, bits: 0x03 } as const;
export const image = { next: 0, known: 4, text: 8, none: 12, bits: 0x0c } as const;
export const place = { first: 0, other: 0x10, text: 0x20, bits: 0x30 } as const;
export const generation = { none: 0, before: 0x40, number: 0x80, bits: 0xc0 } as const;

/** Where a record's digests are: so many, one after another. */
export function packedDigests(record: Buffer): { readonly count: number; readonly at: number } {
  const reader = new ByteReader(record, 0);
  return { count: reader.number(), at: reader.at };
}

/** Whether an image of its events is named by something else than a SHA-256. */
export function hasOddImages(record: Buffer): boolean {
  const { count, at } = packedDigests(record);
  return ((record[at + count * digestBytes] ?? 0) & form.oddImages) !== 0;
}
