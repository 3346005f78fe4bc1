import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyResults } from '../../src/importer/apply.ts';
import {
  edited,
  follows,
  imported,
  planOf,
  Rounds,
  scheduled,
  settingsWith,
  source,
  streamOf,
  tagOf,
  written,
} from './fixture.ts';
import { image, index, ScriptedRegistry } from './scripted-registry.ts';

/** What happens to a stream with a scheduled tag v1, and v2 and v3 that follow it in a chain. */
type Step =
  | { readonly kind: 'move'; readonly to: number }
  | { readonly kind: 'fail' | 'mend' | 'drop' }
  | {
      readonly kind: 'spec';
      readonly source: 'v1' | 'v9';
      readonly whole: boolean;
      readonly reference: boolean;
    }
  | { readonly kind: 'look'; readonly schedule: boolean; readonly retry: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({ kind: fc.constant('move' as const), to: fc.integer({ min: 1, max: 4 }) }),
    weight: 3,
  },
  {
    arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'mend' as const, 'drop' as const) }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant('spec' as const),
      source: fc.constantFrom('v1' as const, 'v9' as const),
      whole: fc.boolean(),
      reference: fc.boolean(),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({ kind: fc.constant('look' as const), schedule: fc.boolean(), retry: fc.boolean() }),
    weight: 4,
  },
);
const steps = fc.array(step, { maxLength: 30 });
const followers = [follows('v2', 'v1'), follows('v3', 'v2')];

class Story {
  readonly rounds = new Rounds(
    streamOf({ tags: [scheduled('v1'), ...followers] }),
    new ScriptedRegistry().serve(`${source}:v1`, image(1)).serve(`${source}:v9`, image(9)),
  );

  async take(next: Step): Promise<void> {
    const { rounds } = this;
    switch (next.kind) {
      case 'move':
        rounds.registry.serve(
          `${source}:v1`,
          next.to === 4 ? index(40, { 'linux/amd64': 3 }) : image(next.to),
        );
        return;
      case 'fail':
        rounds.registry.fail(source, 'timeout');
        return;
      case 'mend':
        rounds.registry.mend(source);
        return;
      case 'drop':
        rounds.registry.drop(`${source}:v1`);
        return;
      case 'spec': {
        const importMode = next.whole ? 'PreserveOriginal' : 'Legacy';
        const tag = imported(next.source, {
          importPolicy: { scheduled: true, importMode },
          reference: next.reference,
        });
        rounds.stream = edited(rounds.stream, { tags: [{ ...tag, name: 'v1' }, ...followers] });
        return;
      }
      case 'look': {
        const retry = new Set(next.retry ? ['v1', 'v2', 'v3'] : []);
        await rounds.look({ retry, schedule: next.schedule });
      }
    }
  }
}

describe('whatever happens to a stream', () => {
  test('the same results again write nothing', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const played = new Story();
        const { rounds } = played;
        for (const next of story) await played.take(next);
        const results = { tags: await rounds.results({ retry: new Set(['v1']), schedule: true }) };
        rounds.apply(results, '2024-06-01T00:00:00Z');
        const second = applyResults(rounds.stream, results, settingsWith(), '2024-06-02T00:00:00Z');
        expect(second).toEqual({ status: undefined, outcomes: [] });
      }),
    );
  });

  test('no history ever loses an item, or changes an older one', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const played = new Story();
        for (const next of story) {
          const before = played.rounds.stream.status.tags;
          await played.take(next);
          for (const { tag, items } of before) {
            const after = tagOf(played.rounds.stream, tag).items;
            const [newest, ...older] = items;
            expect(after.slice(after.length - older.length)).toEqual(older);
            // The newest may be renewed in place: the same image, asked for anew.
            const kept = after[after.length - items.length];
            expect(kept?.image).toBe(newest?.image);
            expect(kept?.created).toBe(newest?.created);
          }
        }
      }),
    );
  });

  test('the generations of an imported tag grow from old to new', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const played = new Story();
        for (const next of story) {
          await played.take(next);
          const items = played.rounds.stream.status.tags.find(({ tag }) => tag === 'v1')?.items ?? [];
          const generations = items.map(({ generation = 0 }) => generation);
          expect(generations).toEqual([...new Set(generations)].toSorted((a, b) => b - a));
        }
      }),
    );
  });

  test('a look leaves nothing behind that would be asked again at once', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const played = new Story();
        for (const next of story) await played.take(next);
        await played.rounds.look();
        const { stream } = played.rounds;
        expect(planOf(stream).tasks).toEqual([]);
        // Nor does a store that gives back what it was given.
        expect(planOf(written(stream, { status: stream.status, outcomes: [] })).tasks).toEqual([]);
      }),
    );
  });

  test('followers stand for what they follow', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const played = new Story();
        for (const next of story) {
          await played.take(next);
          const newest = (name: string) => {
            const event = played.rounds.stream.status.tags.find(({ tag }) => tag === name)?.items[0];
            return event && [event.image, event.dockerImageReference];
          };
          expect(newest('v2')).toEqual(newest('v1'));
          expect(newest('v3')).toEqual(newest('v1'));
        }
      }),
    );
  });
});
