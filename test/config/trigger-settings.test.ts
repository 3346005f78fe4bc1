import { expect, test } from '@jest/globals';
import { parseConfiguration } from '../../src/config/parse.ts';
import { triggerSettings } from '../../src/config/trigger-settings.ts';

test.each([
  ['the defaults', '', { gatherWindowMs: 1000, changeCause: false }],
  ['a window', 'triggers: {gatherWindow: 500ms}', { gatherWindowMs: 500, changeCause: false }],
  ['none', 'triggers: {gatherWindow: 0s}', { gatherWindowMs: 0, changeCause: false }],
  ['the cause of each rollout', 'triggers: {changeCause: true}', { gatherWindowMs: 1000, changeCause: true }],
])('the part of the trigger controller: %s', (_title, text, expected) => {
  expect(triggerSettings(parseConfiguration(text, 'test'))).toEqual(expected);
});
