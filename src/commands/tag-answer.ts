import type { StatusTag, WholeStream } from '../imagestream/whole-stream.ts';
import type { JsonObject } from '../json/untyped.ts';
import type { TagAnswer } from './stream-actions.ts';

/** Why the last import of a tag failed; undefined: it did not. */
export function importFailure(status: StatusTag | undefined): string | undefined {
  return status?.conditions.find(({ type, status: value }) => type === 'ImportSuccess' && value === 'False')
    ?.message;
}

/** What became of tags, as the stream's status has it. `image` gives the Image of a digest, where it may be read. */
export async function tagAnswers(
  stream: WholeStream,
  tags: readonly string[],
  image: (digest: string) => Promise<JsonObject | undefined>,
): Promise<readonly TagAnswer[]> {
  return Promise.all(
    tags.map(async (tag): Promise<TagAnswer> => {
      const status = stream.status.tags.find((candidate) => candidate.tag === tag);
      const failure = importFailure(status);
      if (failure !== undefined) return { tag, ok: false, message: failure };
      const digest = status?.items[0]?.image ?? '';
      return { tag, ok: true, image: digest === '' ? undefined : await image(digest) };
    }),
  );
}
