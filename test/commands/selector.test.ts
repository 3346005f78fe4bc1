import { describe, expect, it } from '@jest/globals';
import { parseSelector } from '../../src/commands/selector.ts';
import { matchesLabels } from '../../src/policy/label-selector.ts';

const labels = { app: 'web', 'example.com/tier': 'front', empty: '' };

describe('a selector', () => {
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app=api', false],
    ['app!=api', true],
    ['app!=web', false],
    ['gone!=x', true],
    ['app', true],
    ['gone', false],
    ['!gone', true],
    ['!app', false],
    ['empty=', true],
    ['app=', false],
    ['app in (web, api)', true],
    ['app in (api)', false],
    ['app notin (api)', true],
    ['app notin (web,api)', false],
    ['example.com/tier=front,app in (web,api),!gone', true],
    ['example.com/tier=front,app=api', false],
  ])('%s', (text, expected) => {
    const parsed = parseSelector(text);
    expect(parsed.ok && matchesLabels(parsed.selector, labels)).toBe(expected);
  });

  it.each(['a=b=c', ',', 'app in web', 'app in (web', '=x', 'a b', 'app>1', '-a=b'])('is not %s', (text) => {
    const parsed = parseSelector(text);
    expect(parsed.ok ? 'ok' : parsed.error).toContain('is no label selector');
  });
});
