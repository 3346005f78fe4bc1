import type { WholeStream } from './whole-stream.ts';

export type TagRemoval =
  | { readonly found: false }
  | {
      readonly found: true;
      readonly specRemoved: boolean;
      readonly statusRemoved: boolean;
      readonly stream: WholeStream;
    };

/**
 * Deletes a tag with its history (spec imagestream-system.md 1.9; vectors `historyPush`, his-45 to his-47). Tags that follow it
 * keep what they have.
 */
export function removeTag(stream: WholeStream, tag: string): TagRemoval {
  const specRemoved = stream.spec.tags.some(({ name }) => name === tag);
  const statusRemoved = stream.status.tags.some((candidate) => candidate.tag === tag);
  if (!specRemoved && !statusRemoved) return { found: false };
  const tags = stream.status.tags.filter((candidate) => candidate.tag !== tag);
  const rest = { ...removeSpecTag(stream, tag), status: { ...stream.status, tags } };
  return { found: true, specRemoved, statusRemoved, stream: rest };
}

/** Takes a tag out of the spec alone: its history stays, as that of a tag that was pushed (vector his-48). */
export function removeSpecTag(stream: WholeStream, tag: string): WholeStream {
  const tags = stream.spec.tags.filter(({ name }) => name !== tag);
  return { ...stream, spec: { ...stream.spec, tags } };
}
