import { describe, expect, test } from '@jest/globals';
import { importSettings, savedStreamRefusal } from '../../src/config/import-settings.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { parseReference } from '../../src/reference/parse.ts';
import type { ImageReference } from '../../src/reference/reference.ts';

function referenceOf(text: string): ImageReference {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.reference;
}

describe('the import part of a configuration', () => {
  test.each([
    ['the defaults', '', { scheduledIntervalMs: 900_000, platform: { os: 'linux', architecture: 'amd64' } }],
    ['an interval', 'import: {scheduledInterval: 1m30s}', { scheduledIntervalMs: 90_000 }],
    ['a platform', 'import: {platform: linux/arm64}', { platform: { os: 'linux', architecture: 'arm64' } }],
    ['a mode', 'import: {mode: PreserveOriginal}', { defaultMode: 'PreserveOriginal' }],
    ['a history limit', 'import: {historyLimit: 3}', { historyLimit: 3 }],
    ['all tags of a repository', 'import: {maxRepositoryTags: -1}', { repositoryTagsMax: -1 }],
  ])('%s', (_title, text, expected) => {
    expect(importSettings(parseConfiguration(text, 'config.yaml'))).toMatchObject(expected);
  });
});

/** Upstream's two checks differ in their ideas of ports (spec imagestream-system.md 3.6). */
describe('allowedRegistriesForImport', () => {
  const configuration = parseConfiguration(
    'allowedRegistriesForImport: [{domainName: reg.example}]',
    'config.yaml',
  );
  const { refusal } = importSettings(configuration);
  const none = () => [];

  test.each([
    ['a stream that was saved', 'reg.example/a:1', false, false, undefined],
    ['another registry', 'other.example/a:1', false, false, /"other.example" not allowed by whitelist/],
    ['an insecure tag that was saved: any usual port', 'reg.example/a:1', true, false, undefined],
    [
      'an insecure import that is asked for: port 80',
      'reg.example/a:1',
      true,
      true,
      /"reg.example:80" is forb/,
    ],
  ])('%s', (_title, name, insecure, asked, expected) => {
    const answer = refusal({ reference: referenceOf(name), insecure, asked, alreadyOnStream: none });
    if (expected === undefined) expect(answer).toBeUndefined();
    else expect(answer).toMatch(expected);
  });

  test('a repository that the stream stands for already may be imported on', () => {
    const alreadyOnStream = () => [referenceOf('other.example/a:1')];
    const question = { reference: referenceOf('other.example/a:2'), insecure: false, asked: false };
    expect(refusal({ ...question, alreadyOnStream })).toBeUndefined();
  });

  test('a stream that is saved is judged alike', () => {
    const mayImport = savedStreamRefusal(configuration);
    expect(mayImport(referenceOf('reg.example/a:1'), false)).toBeUndefined();
    expect(mayImport(referenceOf('other.example/a:1'), false)).toMatch(/not allowed by whitelist/);
  });
});
