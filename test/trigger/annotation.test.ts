import { describe, expect, it } from '@jest/globals';
import { readTriggers, watchedStream } from '../../src/trigger/annotation.ts';
import { vectorGroup } from '../support/vectors.ts';

interface Vector {
  readonly id: string;
  readonly annotation?: string;
  readonly objectNamespace?: string;
  readonly trigger?: {
    readonly from: {
      readonly kind: string;
      readonly name: string;
      readonly namespace?: string;
      readonly apiVersion?: string;
    };
    readonly paused: boolean;
  };
  readonly expect: {
    readonly error?: boolean;
    readonly message?: string;
    readonly triggers?: number;
    readonly paused?: readonly boolean[];
    readonly watchedStreams?: readonly string[];
  };
}

const vectors = vectorGroup<Vector>('triggerAnnotation');

describe('the annotation', () => {
  it.each(vectors.filter(([, { annotation }]) => annotation !== undefined))('%s', (_, vector) => {
    const read = readTriggers(vector.annotation ?? '');
    const { error = false, message, triggers = 0, paused = [] } = vector.expect;
    expect(read.ok).toBe(!error);
    if (read.ok) {
      expect(read.triggers).toHaveLength(triggers);
      expect(read.triggers.map((trigger) => trigger.paused)).toEqual(paused);
    } else if (message !== undefined) {
      expect(read.error).toBe(message);
    }
  });

  it.each([
    ['{}', '', 'it is not a list'],
    ['[3]', '[0]', 'entry 0: it is not an object'],
    ['[{"from":"web:1"}]', '[0].from', 'entry 0: "from" is not an object'],
    ['[{},{"from":{"name":1}}]', '[1].from.name', 'entry 1: "from.name" is not a text'],
    ['[{"fieldPath":1}]', '[0].fieldPath', 'entry 0: "fieldPath" is not a text'],
    ['[{"paused":"false"}]', '[0].paused', 'entry 0: "paused" is not true or false'],
    ['[{},{"fieldPath":"a"},{"fieldPath":"a"}]', '[2].fieldPath', 'duplicate triggers are not allowed'],
  ])('says what is wrong with %s, and where: %s', (annotation, place, error) => {
    expect(readTriggers(annotation)).toEqual({ ok: false, error, place });
  });

  it.each(['[{"from":null,"fieldPath":null,"paused":null}]', '[null]', '[{}]'])(
    'takes %s for an empty entry',
    (text) => {
      const read = readTriggers(text);
      const from = { kind: '', name: '', namespace: '', apiVersion: '' };
      expect(read).toMatchObject({ ok: true, triggers: [{ from, fieldPath: '', paused: false }] });
    },
  );
});

describe('the stream that is listened to', () => {
  it.each(vectors.filter(([, { trigger }]) => trigger !== undefined))('%s', (_, vector) => {
    const from = { kind: '', name: '', namespace: '', apiVersion: '', ...vector.trigger?.from };
    const stream = watchedStream(
      { from, paused: vector.trigger?.paused ?? false },
      vector.objectNamespace ?? '',
    );
    const names = stream === undefined ? [] : [`${stream.namespace}/${stream.name}`];
    expect(names).toEqual(vector.expect.watchedStreams);
  });
});
