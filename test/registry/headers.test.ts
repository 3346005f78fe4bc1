import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseChallenge, parseChallenges } from '../../src/registry/challenge.ts';
import { nextPage } from '../../src/registry/paging.ts';
import { emptyQuotaMs, retryAfterMs } from '../../src/registry/retry-after.ts';
import { clean } from '../../src/registry/text.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

describe('WWW-Authenticate', () => {
  test.each<[string, object[]]>([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        {
          bearer: {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:a/b:pull,push',
          },
        },
      ],
    ],
    ['Basic realm="a \\"quoted\\", b"', [{ basic: { realm: 'a "quoted", b' } }]],
    ['Basic', [{ basic: {} }]],
    ['Negotiate abc==, Basic realm=x', [{ negotiate: {} }, { basic: { realm: 'x' } }]],
    [
      'BEARER Realm = "r" , service=s, Basic realm="b"',
      [{ bearer: { realm: 'r', service: 's' } }, { basic: { realm: 'b' } }],
    ],
    [', ,Basic realm=""', [{ basic: { realm: '' } }]],
    ['Bearer realm="open', [{ bearer: { realm: 'open' } }]],
    ['', []],
    ['"', []],
  ])('%s', (header, expected) => {
    const found = parseChallenges(header).map(({ scheme, parameters }) => ({
      [scheme]: Object.fromEntries(parameters),
    }));
    expect(found).toEqual(expected);
  });

  test.each<[string, object | undefined]>([
    ['Basic realm="b", Bearer realm="https://a/t",service="s"', { scheme: 'bearer', service: 's' }],
    ['Bearer realm="no url", Basic realm="b"', { scheme: 'basic' }],
    ['Bearer service="s"', undefined],
    [`Bearer realm="https://a/${'x'.repeat(1024)}"`, undefined],
    [`Bearer realm="https://a/",service="${'x'.repeat(257)}"`, undefined],
    ['Negotiate', undefined],
  ])('%s is answered as it should be', (header, expected) => {
    const chosen = chooseChallenge(header);
    if (expected === undefined) expect(chosen).toBeUndefined();
    else expect(chosen).toMatchObject(expected);
  });

  test('ends for any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'B', '=', '"', '\\', ',', ' ', '\t', ';', ':', '/') }),
        (header) => {
          for (const { scheme } of parseChallenges(header)) expect(scheme).not.toBe('');
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sun, 01 Mar 2026 12:01:00 GMT', 60_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    [String(nowMs / 1000 + 30), 30_000],
    ['999999', 21_600_000],
    ['soon', undefined],
    ['', undefined],
  ])('%j', (value, expected) => {
    expect(retryAfterMs({ 'retry-after': value }, nowMs)).toBe(expected);
  });
});

describe('RateLimit', () => {
  test.each<[string, Record<string, string>, number | undefined]>([
    ['nothing', {}, undefined],
    ['some left', { 'ratelimit-remaining': '99;w=21600', 'ratelimit-limit': '100;w=21600' }, undefined],
    [
      'none left of 100 in six hours',
      { 'ratelimit-remaining': '0;w=21600', 'ratelimit-limit': '100;w=21600' },
      216_000,
    ],
    ['none left, limit unknown', { 'ratelimit-remaining': '0;w=600' }, 600_000],
    ['none left until', { 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }, 30_000],
    [
      'none left until a moment',
      { 'ratelimit-remaining': '0', 'ratelimit-reset': String(nowMs / 1000 + 5) },
      5000,
    ],
    ['none left, and not until when', { 'ratelimit-remaining': '0' }, undefined],
    ['no number', { 'ratelimit-remaining': 'none' }, undefined],
  ])('%s', (_what, headers, expected) => {
    expect(emptyQuotaMs(headers, nowMs)).toBe(expected);
  });
});

describe('Link', () => {
  const page = new URL('https://reg.example/v2/a/tags/list?n=2');
  test.each<[string, object]>([
    ['', { kind: 'last' }],
    ['</v2/a/tags/list?last=x>; rel="prev"', { kind: 'last' }],
    ['</v2/a/tags/list?last=x>; rel="next"', { kind: 'next', target: '/v2/a/tags/list?last=x' }],
    ['</p>; rel="prev", </n>; title="a"; rel="last next"', { kind: 'next', target: '/n' }],
    ['<https://reg.example/n>;rel=next', { kind: 'next', target: '/n' }],
    ['<http://reg.example/n>; rel="next"', { kind: 'elsewhere' }],
    ['<//evil.example/n>; rel="next"', { kind: 'elsewhere' }],
    ['<https://u:p@reg.example/n>; rel="next"', { kind: 'elsewhere' }],
    ['<https://[/n>; rel="next"', { kind: 'elsewhere' }],
    ['no link; rel="next"', { kind: 'last' }],
  ])('%s', (link, expected) => {
    expect(nextPage(link, page)).toMatchObject(expected);
  });
});

describe('texts from outside', () => {
  test.each([
    ['line\nbreaks \u0000and\u001b[31m colours', 'line breaks and [31m colours'],
    ['see https://u:p@cdn.example/x?sig=abc#d now', 'see https://cdn.example/x now'],
    ['what? #1', 'what? #1'],
    ['it is hunter2!', 'it is [hidden]!'],
    ['x'.repeat(300), `${'x'.repeat(199)}…`],
    [`${'x'.repeat(198)}😀x`, `${'x'.repeat(198)}\ufffd…`],
    [`${'x'.repeat(196)}hunter2`, `${'x'.repeat(196)}[hi…`],
  ])('%j is shown as %j', (text, shown) => {
    expect(clean(text, ['', 'hunter2'])).toBe(shown);
  });
});
