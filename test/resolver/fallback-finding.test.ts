import { describe, expect, test } from '@jest/globals';
import { parseReference } from '../../src/reference/parse.ts';
import type { Candidate, CandidateAnswer, FallbackAnswers } from '../../src/resolver/fallback.ts';
import { fallbackFinding } from '../../src/resolver/fallback-finding.ts';
import type { FallbackSettings } from '../../src/resolver/fallback-question.ts';
import { unresolved, type Unresolved } from '../../src/resolver/finding.ts';

const settings: FallbackSettings = {
  mode: 'pin',
  pinQualified: false,
  onFailure: 'leave',
  search: [],
  insecureRegistries: [],
};

function candidate(text: string): Candidate {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return { reference: parsed.reference, insecure: false };
}

const candidates = [candidate('a.example/web:1'), candidate('b.example/web:1')];
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const found = (letter: string, more: object = {}): CandidateAnswer => ({
  kind: 'found',
  digest: digest(letter),
  ...more,
});
const absent: CandidateAnswer = { kind: 'absent' };
const failed: CandidateAnswer = { kind: 'failed', detail: 'refused' };

function findingOf(
  answers: FallbackAnswers,
  more: Partial<FallbackSettings> = {},
  reason: Unresolved['reason'] = 'NoStream',
) {
  const unanswered = unresolved(reason, 'image stream demo/web is not open', {
    ...(candidates[0] && { reference: candidates[0].reference }),
  });
  const facts = { image: 'web:1', unanswered, candidates, podSecrets: [] };
  return fallbackFinding(facts, answers, { ...settings, ...more });
}

const pinned = (host: string, letter: string) => `${host}.example/web@${digest(letter)}`;

describe('the first in order that has the image', () => {
  test.each<[string, FallbackAnswers, string, string | undefined]>([
    ['both have it', [found('1'), found('1')], pinned('a', '1'), undefined],
    ['only the second has it', [absent, found('2')], pinned('b', '2'), undefined],
    [
      'they differ',
      [found('1'), found('2')],
      pinned('a', '1'),
      '"web:1" is a.example/web: b.example has a different image of that name',
    ],
    [
      'the first cannot be asked',
      [failed, found('2')],
      pinned('b', '2'),
      '"web:1" is b.example/web: a.example could not be asked (refused)',
    ],
    [
      'the first did not answer in time',
      [undefined, found('2')],
      pinned('b', '2'),
      '"web:1" is b.example/web: a.example could not be asked (no answer in time)',
    ],
    ['the second is not waited for', [found('1'), undefined], pinned('a', '1'), undefined],
  ])('%s', (_title, answers, pullSpec, warning) => {
    const finding = findingOf(answers);
    expect(finding).toMatchObject({ kind: 'resolved', reason: 'Fallback', pullSpec, local: true });
    expect(finding.warning).toBe(warning);
  });

  test('is named in full where it is not to be pinned', () => {
    expect(findingOf([found('1'), absent], { mode: 'qualify' })).toMatchObject({
      pullSpec: 'a.example/web:1',
      source: { kind: 'Registry', name: 'a.example/web:1' },
    });
  });

  test.each([
    [5_000, '5 s'],
    [300_000, '5 min'],
    [7_200_000, '2 h'],
  ])('as it was %s ms ago, when its registry fails', (staleMs, age) => {
    expect(findingOf([found('1', { staleMs }), absent])).toMatchObject({
      reason: 'FallbackStale',
      warning: `"web:1" is a.example/web: a.example fails; its answer is ${age} old`,
    });
  });

  test('is told with the stream that is closed', () => {
    expect(findingOf([found('1'), absent], {}, 'LookupClosed').warning).toBe(
      '"web:1" is a.example/web: image stream demo/web is not open',
    );
  });
});

describe('no registry has it', () => {
  const failedInDetail: CandidateAnswer = { kind: 'failed', detail: 'cannot be reached: refused' };

  test.each<[string, FallbackAnswers, string, string, string]>([
    [
      'all say so',
      [absent, absent],
      'FallbackNotFound',
      'not found in a.example, b.example',
      'not found in a.example, b.example',
    ],
    [
      'one cannot be asked',
      [absent, failedInDetail],
      'FallbackFailed',
      'no registry could say what it is: b.example: cannot be reached: refused (the others have no such image)',
      'no answer from b.example: cannot be reached (the others have no such image)',
    ],
    [
      'none can be asked',
      [failed, undefined],
      'FallbackFailed',
      'no registry could say what it is: a.example: refused; b.example: no answer in time',
      'no answer from a.example: refused; b.example: no answer in time',
    ],
  ])('%s', (_title, answers, reason, message, warning) => {
    const finding = findingOf(answers);
    expect(finding).toMatchObject({ kind: 'unresolved', reason, message });
    expect(finding.warning).toBe(`"web:1" is left alone: ${warning}`);
  });

  test('the stream that is closed is told, too', () => {
    expect(findingOf([failed, absent], {}, 'LookupClosed').warning).toBe(
      '"web:1" is left alone: no answer from a.example: refused (the others have no such image); image stream demo/web is not open',
    );
  });
});
