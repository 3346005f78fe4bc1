import { expect, test } from '@jest/globals';
import { createCircuit, type Circuit, type Sign } from '../../src/registry/circuit.ts';
import { createFakeClock } from '../support/fake-clock.ts';

function run(circuit: Circuit, ...signs: readonly Sign[]): void {
  for (const sign of signs) {
    const passage = circuit.enter();
    if (!passage.ok) throw new Error(`closed for ${passage.retryAfterMs} ms`);
    passage.done(sign);
  }
}

const five: readonly Sign[] = ['dead', 'dead', 'dead', 'dead', 'dead'];

test('five failures in a row close it', () => {
  const circuit = createCircuit(createFakeClock(), () => 0);
  run(circuit, 'dead', 'dead', 'dead', 'dead');
  expect(circuit.waitMs()).toBe(0);
  run(circuit, 'dead');
  expect(circuit.waitMs()).toBe(1000);
  expect(circuit.enter()).toEqual({ ok: false, retryAfterMs: 1000 });
});

test.each<[string, Sign, number]>([
  ['a sign of life starts the count anew', 'alive', 0],
  ['an operation that was given up says nothing', 'unknown', 1000],
])('%s', (_what, sign, waitMs) => {
  const circuit = createCircuit(createFakeClock(), () => 0);
  run(circuit, 'dead', 'dead', 'dead', 'dead', sign, 'dead');
  expect(circuit.waitMs()).toBe(waitMs);
});

test.each([
  ['the lower end', 0, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]],
  ['nearly the upper end', 0.999, [1999, 3998, 7996, 15_992, 31_984, 59_970, 59_970]],
])('the pause doubles up to a minute, jittered: %s', (_end, random, pauses) => {
  const clock = createFakeClock();
  const circuit = createCircuit(clock, () => random);
  run(circuit, ...five);
  for (const pauseMs of pauses) {
    expect(circuit.waitMs()).toBe(pauseMs);
    clock.advance(pauseMs);
    run(circuit, 'dead');
  }
});

test('one tries while the others go on waiting; its success opens it for all', () => {
  const clock = createFakeClock();
  const circuit = createCircuit(clock, () => 0);
  run(circuit, ...five);
  clock.advance(1000);
  const trial = circuit.enter();
  expect(trial.ok).toBe(true);
  expect(circuit.enter()).toMatchObject({ ok: false });
  if (trial.ok) trial.done('alive');
  run(circuit, 'dead', 'dead', 'dead', 'dead');
  expect(circuit.waitMs()).toBe(0);
  run(circuit, 'dead');
  expect(circuit.waitMs()).toBe(1000);
});

test('a trial that is given up leaves the place to the next', () => {
  const clock = createFakeClock();
  const circuit = createCircuit(clock, () => 0);
  run(circuit, ...five);
  clock.advance(1000);
  run(circuit, 'unknown', 'unknown');
  expect(circuit.waitMs()).toBe(0);
});

test('failures of those that were under way when it closed do not lengthen the pause', () => {
  const clock = createFakeClock();
  const circuit = createCircuit(clock, () => 0);
  const late = Array.from({ length: 8 }, () => circuit.enter());
  for (const passage of late) if (passage.ok) passage.done('dead');
  expect(circuit.waitMs()).toBe(1000);
});
