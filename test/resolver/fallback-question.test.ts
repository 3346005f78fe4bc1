import { describe, expect, test } from '@jest/globals';
import type { RegistrySources } from '../../src/policy/registry-rules.ts';
import { formatReference } from '../../src/reference/format.ts';
import { parseReference } from '../../src/reference/parse.ts';
import { candidatesFor, type FallbackSettings } from '../../src/resolver/fallback-question.ts';
import { unresolved, type Finding, type Unresolved } from '../../src/resolver/finding.ts';

const everywhere: RegistrySources = { allowedRegistries: [], blockedRegistries: [] };
const settings: FallbackSettings = {
  mode: 'pin',
  pinQualified: false,
  onFailure: 'leave',
  search: ['reg.example/crew', 'quay.io', 'docker.io'],
  insecureRegistries: [],
};

function findingOf(image: string, reason: Unresolved['reason'] = 'NoStream'): Finding {
  const parsed = parseReference(image);
  if (!parsed.ok) throw new Error(parsed.error);
  return unresolved(reason, 'm', { reference: parsed.reference });
}

function namesOf(
  finding: Finding,
  more: Partial<FallbackSettings> = {},
  sources: RegistrySources = everywhere,
): readonly string[] {
  return candidatesFor(finding, { ...settings, ...more }, sources, '').map(({ reference }) =>
    formatReference(reference),
  );
}

describe('where a name is looked for', () => {
  test.each<[string, string, Partial<FallbackSettings>, readonly string[]]>([
    [
      'below each entry, in order; library on Docker Hub',
      'web:1',
      {},
      ['reg.example/crew/web:1', 'quay.io/web:1', 'docker.io/library/web:1'],
    ],
    ['latest where no tag is written', 'web', { search: ['quay.io'] }, ['quay.io/web:latest']],
    ['with its own path', 'team/web:1', { search: ['docker.io'] }, ['docker.io/team/web:1']],
    [
      'on a port',
      'web:1',
      { search: ['localhost:5000', 'reg:5000/a/b'] },
      ['localhost:5000/web:1', 'reg:5000/a/b/web:1'],
    ],
    ['on a host without a dot', 'web:1', { search: ['cache'] }, ['cache/web:1']],
    ['nowhere without a list', 'web:1', { search: [] }, []],
    ['nowhere when it is switched off', 'web:1', { mode: 'leave' }, []],
    ['nowhere with a registry of its own', 'quay.io/a/web:1', {}, []],
    [
      'in its own registry where that is wanted',
      'quay.io/a/web:1',
      { pinQualified: true },
      ['quay.io/a/web:1'],
    ],
    ['in its own registry only to be pinned', 'quay.io/a/web:1', { pinQualified: true, mode: 'qualify' }, []],
  ])('%s', (_title, image, more, expected) => {
    expect(namesOf(findingOf(image, image.includes('/') ? 'Qualified' : 'NoStream'), more)).toEqual(expected);
  });

  test.each<[Unresolved['reason'], boolean]>([
    ['NoStream', true],
    ['LookupClosed', true],
    ['LookupDisabled', true],
    ['Qualified', true],
    ['NotTagged', false],
    ['AlreadyPinned', false],
    ['NotCovered', false],
    ['Unparseable', false],
  ])('%s is left to the fallback: %s', (reason, expected) => {
    expect(namesOf(findingOf('web:1', reason)).length > 0).toBe(expected);
  });

  test('what an image stream answered is not looked for', () => {
    const { reference } = findingOf('quay.io/a/web:1');
    if (reference === undefined) throw new Error('no reference');
    const resolved: Finding = {
      kind: 'resolved',
      reason: 'ImageStreamTag',
      message: 'm',
      reference,
      pullSpec: 'quay.io/a/web:1',
      local: true,
      integrated: true,
    };
    expect(namesOf(resolved, { pinQualified: true })).toEqual([]);
  });

  test.each<[string, RegistrySources, readonly string[]]>([
    [
      'a blocked registry',
      { allowedRegistries: [], blockedRegistries: ['quay.io'] },
      ['reg.example/crew/web:1', 'docker.io/library/web:1'],
    ],
    [
      'a blocked path',
      { allowedRegistries: [], blockedRegistries: ['reg.example/crew'] },
      ['quay.io/web:1', 'docker.io/library/web:1'],
    ],
    [
      'what is not allowed',
      { allowedRegistries: ['docker.io'], blockedRegistries: [] },
      ['docker.io/library/web:1'],
    ],
  ])('never in %s', (_title, sources, expected) => {
    expect(namesOf(findingOf('web:1'), {}, sources)).toEqual(expected);
  });

  test('never in the integrated registry: its streams have answered', () => {
    const asked = { ...settings, pinQualified: true };
    const finding = findingOf('reg.internal:5000/demo/web:1');
    expect(candidatesFor(finding, asked, everywhere, 'reg.internal:5000')).toEqual([]);
    expect(candidatesFor(finding, asked, everywhere, '')).toHaveLength(1);
  });

  test('without TLS only where an admin says so', () => {
    const insecureRegistries = ['reg.example'];
    const found = candidatesFor(findingOf('web:1'), { ...settings, insecureRegistries }, everywhere, '');
    expect(found.map(({ insecure }) => insecure)).toEqual([true, false, false]);
  });
});
