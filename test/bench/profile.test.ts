import { expect, it, test } from '@jest/globals';
import { callTreeOf, type CpuProfile } from '../../bench/profile/call-tree.ts';
import { flameGraph } from '../../bench/profile/flame-graph.ts';
import { partOf, sharesOf } from '../../bench/profile/parts.ts';

const frame = (functionName: string, url = '') => ({ functionName, url });
const decide = frame('decide', 'file:///house/src/admission/decide.ts');
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 6, 8] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('onread', 'node:net'), children: [4, 5] },
    { id: 4, callFrame: decide, children: [7] },
    { id: 5, callFrame: decide },
    { id: 6, callFrame: frame('(garbage collector)') },
    { id: 7, callFrame: frame('admit', 'file:///house/src/webhook/admit.ts') },
    { id: 8, callFrame: frame('post', 'node:inspector') },
  ],
  samples: [2, 3, 4, 5, 6, 7, 8],
  timeDeltas: [1000, 10, 20, 30, 15, 25, 500],
};

test('a call tree joins calls of one function at one place and leaves idle time and the profiler out', () => {
  const tree = callTreeOf(profile);
  expect(tree.totalUs).toBe(100);
  const [onread] = tree.children.values();
  expect(onread).toMatchObject({ name: 'onread', selfUs: 10, totalUs: 85 });
  expect([...(onread?.children.values() ?? [])]).toMatchObject([{ name: 'decide', selfUs: 50, totalUs: 75 }]);
});

test('shares add up to one, and each function counts for what it is part of', () => {
  const shares = sharesOf(callTreeOf(profile));
  expect(shares.get('HTTPS')).toBeCloseTo(0.1);
  expect(shares.get('decision')).toBeCloseTo(0.5);
  expect(shares.get('reading the review')).toBeCloseTo(0.25);
  expect(shares.get('garbage')).toBeCloseTo(0.15);
  expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
});

it.each([
  ['(program)', '', undefined, 'HTTPS'],
  ['write', 'node:internal/streams/writable', 'answer', 'HTTPS'],
  ['hash', 'node:crypto', 'decision', 'decision'],
  ['map', '', 'decision', 'decision'],
  ['send', 'file:///house/src/webhook/answer.ts', 'HTTPS', 'answer'],
  ['handle', 'file:///house/node_modules/router/index.js', 'HTTPS', 'express'],
  ['observe', 'file:///house/node_modules/prom-client/lib/histogram.js', 'answer', 'metrics'],
  ['unknown', '', undefined, 'other'],
] as const)('%s of %s, called by %s, is part of %s', (name, url, callers, part) => {
  expect(partOf({ name, url }, callers)).toBe(part);
});

test('a flame graph names functions and their files, and nothing else of the machine', () => {
  const svg = flameGraph(callTreeOf(profile), 'a < b');
  expect(svg).toContain('<title>a &lt; b</title>');
  expect(svg).toContain('decide src/admission/decide.ts: 75.0 %');
  expect(svg).not.toContain('/house/');
});
