import { describe, expect, test } from '@jest/globals';
import { hasImage, triggerPullSpec } from '../../src/imagestream/istag.ts';
import { latestPullSpec, tagPullSpec } from '../../src/imagestream/pull-spec.ts';
import { readImageStream } from '../../src/imagestream/read.ts';
import { copiedReference } from '../../src/imagestream/repository.ts';
import type { TagEvent } from '../../src/imagestream/types.ts';
import { vectorGroup } from '../support/vectors.ts';

interface StreamInput {
  readonly stream: unknown;
  readonly tag: string;
  readonly defaultExternal: boolean;
  readonly fromName: string;
  readonly internalRegistryHostname: string;
}
interface CopyInput {
  readonly internalRegistryHostname: string;
  readonly source: { readonly namespace: string; readonly name: string; readonly event: TagEvent };
  readonly destination: { readonly namespace: string; readonly name: string; readonly reference: boolean };
}
interface Vector {
  readonly id: string;
  readonly op: string;
  readonly input: StreamInput & CopyInput;
  readonly expect: object;
}

const answerOf = (pullSpec: string | undefined) =>
  pullSpec === undefined ? { ok: false } : { ok: true, pullSpec };

function pending(op: 'recent' | 'newest', { stream, tag, defaultExternal }: StreamInput): object {
  const result = tagPullSpec(readImageStream(stream), tag, op, defaultExternal);
  if (!result.ok) return { error: result.error };
  const { pullSpec, hasStatus, isTagEmpty, hasNewer } = result;
  return { pullSpec, hasStatus, isTagEmpty, ...(op === 'recent' ? { hasNewer } : {}) };
}

const operations: Readonly<Record<string, (input: Vector['input']) => object>> = {
  resolveLatest: ({ stream, tag }) => answerOf(latestPullSpec(readImageStream(stream), tag)),
  resolveNewest: (input) => pending('newest', input),
  resolveRecent: (input) => pending('recent', input),
  triggerTagLookup: ({ stream, fromName, internalRegistryHostname }) =>
    answerOf(
      triggerPullSpec(readImageStream(stream), fromName, { internalRegistryHostname, localRegistry: [] }),
    ),
  istagGet: ({ stream, tag }) =>
    hasImage(readImageStream(stream), tag) ? { httpStatus: 200 } : { httpStatus: 404, reason: 'NotFound' },
  copyTagAcrossStreams: ({ source, destination, internalRegistryHostname }) => ({
    dockerImageReference: copiedReference(source.event, source, destination, internalRegistryHostname),
    image: source.event.image,
  }),
};

describe('a tag resolves as upstream resolves it', () => {
  test.each(vectorGroup<Vector>('tagResolution'))('%s', (_id, { op, input, expect: expected }) => {
    expect(operations[op]?.(input)).toEqual(expected);
  });
});
