import { describe, expect, test } from '@jest/globals';
import { statusWithFanOuts } from '../../src/controllers/trigger-streams.ts';

const tag = (name: string, generation: number, observed?: object) => ({
  tag: name,
  items: [
    { image: 'sha256:b', generation },
    { image: 'sha256:a', generation: 1 },
  ],
  conditions: [{ type: 'ImportSuccess', status: 'False' }],
  ...(observed === undefined ? {} : { observed }),
});

describe('a status with fan-outs recorded', () => {
  test('has them, and everything else as it was', () => {
    const other = tag('other', 2, { triggeredGeneration: 1 });
    const status = {
      dockerImageRepository: 'registry.test/demo/web',
      unknown: ['kept'],
      tags: [tag('prod', 2, { generation: 2, triggeredGeneration: 1 }), tag('bare', 3), other],
    };
    expect(
      statusWithFanOuts(
        { status },
        new Map([
          ['prod', 2],
          ['bare', 3],
        ]),
      ),
    ).toEqual({
      ...status,
      tags: [
        tag('prod', 2, { generation: 2, triggeredGeneration: 2 }),
        tag('bare', 3, { triggeredGeneration: 3 }),
        other,
      ],
    });
  });

  test('goes back where an alias has taken over a smaller generation', () => {
    const status = { tags: [tag('alias', 4, { triggeredGeneration: 8 })] };
    expect(statusWithFanOuts({ status }, new Map([['alias', 4]]))).toEqual({
      tags: [tag('alias', 4, { triggeredGeneration: 4 })],
    });
  });

  test.each([
    ['is recorded already', tag('prod', 2, { triggeredGeneration: 2 })],
    ['has moved on meanwhile', tag('prod', 3)],
    ['has no history any more', { tag: 'prod', items: [] }],
    ['is gone', tag('other', 2)],
  ])('is none where the tag %s', (_what, found) => {
    expect(statusWithFanOuts({ status: { tags: [found] } }, new Map([['prod', 2]]))).toBeUndefined();
  });
});
