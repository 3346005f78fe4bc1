import { expect, test } from '@jest/globals';
import { StatusError } from '../../src/kube/status-error.ts';
import { TransportError } from '../../src/kube/transport-error.ts';
import { Expectation, judgeError, judgeObject, type Verdict } from './answers.ts';

/** `a` until somebody began to move it to `b` at 10, which all had seen at 20. */
function moved(): Expectation {
  const expected = new Expectation();
  expected.open('a', 0);
  expected.open('b', 10);
  expected.settle(20);
  return expected;
}

const pod = (...images: readonly string[]): object => ({
  kind: 'Pod',
  spec: { containers: images.map((image) => ({ image })) },
});

test.each<[string, number, number, string, Verdict['kind']]>([
  ['before the move: what was', 1, 2, 'a', 'right'],
  ['before the move: what will be', 1, 2, 'b', 'wrong'],
  ['while it moves: what was', 11, 12, 'a', 'right'],
  ['while it moves: what will be', 11, 12, 'b', 'right'],
  ['sent before it was settled, answered after: what was', 19, 30, 'a', 'right'],
  ['sent after it was settled: what was', 21, 22, 'a', 'wrong'],
  ['sent after it was settled: what is', 21, 22, 'b', 'right'],
  ['as it is written', 21, 22, 'app:v1', 'failed'],
  ['something else', 21, 22, 'c', 'wrong'],
])('%s', (_, sent, answered, image, kind) => {
  const asked = [{ written: 'app:v1', expected: moved() }];
  expect(judgeObject(pod(image), asked, sent, answered).kind).toBe(kind);
});

test('the second of two containers counts as the first does', () => {
  const asked = [
    { written: 'app:v1', expected: moved() },
    { written: 'app:v1', expected: moved() },
  ];
  expect(judgeObject(pod('b', 'c'), asked, 21, 22).kind).toBe('wrong');
});

test('a container that is lost is wrong', () => {
  const asked = [{ written: 'app:v1', expected: moved() }];
  expect(judgeObject(pod(), asked, 21, 22).kind).toBe('wrong');
});

test('the images of a Deployment are those of its template', () => {
  const asked = [{ written: 'app:v1', expected: moved() }];
  expect(judgeObject({ spec: { template: pod('b') } }, asked, 21, 22).kind).toBe('right');
});

const refusal = (code: number, message: string) => new StatusError({ code, reason: '', message });

test.each<[string, Error, Verdict['kind']]>([
  [
    'a call that failed',
    refusal(500, 'Internal error occurred: failed calling webhook "mutate.pinstream.dev": EOF'),
    'failed',
  ],
  ['a denial', refusal(403, 'admission webhook "mutate.pinstream.dev" denied the request: no'), 'wrong'],
  ['an API server that starts', refusal(403, 'not yet ready to handle request'), 'unanswered'],
  [
    'an API server that does not know its Services yet',
    refusal(500, 'failed calling webhook "mutate.pinstream.dev": service "pinstream-webhook" not found'),
    'unanswered',
  ],
  ['an API server that is busy', refusal(429, 'too many requests'), 'unanswered'],
  ['an API server that is gone', new TransportError('io', 'connection refused'), 'unanswered'],
])('%s', (_, error, kind) => {
  expect(judgeError(error).kind).toBe(kind);
});
