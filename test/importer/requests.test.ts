import { describe, expect, test } from '@jest/globals';
import { concerns, requestAnnotations, requestOf } from '../../src/importer/requests.ts';
import { streamOf } from './fixture.ts';

describe('requests by annotation', () => {
  test.each<[string | undefined, { token: string; tags: string[] } | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['  \n', undefined],
    ['now', { token: 'now', tags: [] }],
    ['2024-05-01T10:00:00Z v1 v2', { token: '2024-05-01T10:00:00Z', tags: ['v1', 'v2'] }],
    ['  a \n v1\tv1 ', { token: 'a', tags: ['v1'] }],
  ])('%j', (text, expected) => {
    for (const which of ['import', 'delete', 'check'] as const) {
      const annotations = text === undefined ? {} : { [requestAnnotations[which]]: text };
      const request = requestOf(streamOf({ annotations }), which);
      expect(request && { token: request.token, tags: [...request.tags] }).toEqual(expected);
    }
  });

  test.each([
    [undefined, false],
    ['now', true],
    ['now v1', true],
    ['now v2', false],
  ])('%j is for v1: %s', (text, expected) => {
    const annotations = text === undefined ? {} : { [requestAnnotations.import]: text };
    expect(concerns(requestOf(streamOf({ annotations }), 'import'), 'v1')).toBe(expected);
  });
});
