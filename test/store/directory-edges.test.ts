import { chmod, mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { openDirectory } from '../../src/store/directory.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { eventually } from '../support/eventually.ts';
import { digest, openStream } from '../support/objects.ts';
import { directoryFixture } from './directory-fixture.ts';
import { writeInOneStep } from '../support/server.ts';

const fixture = directoryFixture();

const put = async (file: string, ...objects: readonly object[]) => {
  await mkdir(dirname(join(fixture.folder, file)), { recursive: true });
  await writeInOneStep(join(fixture.folder, file), objects.map((object) => stringify(object)).join('---\n'));
};
/** A stream whose tag v1 names the image of this digit. */
const stream = (name: string, character = '1') => {
  const raw = JSON.stringify(openStream('shop', name, ['v1']));
  return JSON.parse(raw.replaceAll(digest('1'), digest(character))) as object;
};
/** Which image v1 of a stream names now: its digit. */
const at = (name: string) => fixture.index.tag('shop', name, 'v1')?.event?.image.slice(-1);
const soon = (check: () => void) =>
  eventually(check, { describe: 'the change of the folder', timeoutMs: 10_000, intervalMs: 5 });
const messages = (level: string) =>
  fixture.log.lines
    .filter((line) => line.level === level)
    .map(({ message, fields }) => ({ message, ...fields }));

describe('what a folder holds', () => {
  test.each<[string, string, string]>([
    ['YAML by its short name', 'a.yml', stringify(stream('app'))],
    ['an ending in capitals', 'a.YAML', stringify(stream('app'))],
    ['the apiVersion of OpenShift 3', 'a.yaml', stringify({ ...stream('app'), apiVersion: 'v1' })],
    ['a byte order mark', 'a.yaml', `\ufeff${stringify(stream('app'))}`],
  ])('%s', async (_title, file, text) => {
    await mkdir(dirname(join(fixture.folder, file)), { recursive: true });
    await writeFile(join(fixture.folder, file), text);
    await fixture.open();
    expect(at('app')).toBe('1');
  });

  test.each(['.hidden.yaml', '.git/a.yaml', 'a.txt', 'a.yaml.bak', 'yaml'])(
    '%s is none of it',
    async (file) => {
      await put(file, stream('app'));
      await fixture.open();
      expect(fixture.index.counts()).toEqual({ ImageStream: 0, Image: 0, Namespace: 0 });
    },
  );

  test.each([
    ['metadata is null', { metadata: null }],
    ['metadata is a text', { metadata: 'x' }],
    ['the kind is no text', { kind: { toString: 1 } }],
    ['everything in it is odd', { metadata: { namespace: 'shop', name: 'odd' }, spec: 1, status: [null] }],
    [
      'tags of wrong types',
      {
        metadata: { namespace: 'shop', name: 'odd' },
        spec: { tags: [null, 1] },
        status: { tags: [{ items: {} }, null] },
      },
    ],
  ])('an odd object stops nothing: %s', async (_title, odd) => {
    await put('a.yaml', { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', ...odd }, stream('app'));
    await fixture.open();
    expect(at('app')).toBe('1');
  });

  test('a file in its place, too', async () => {
    await expect(openDirectory(join(fixture.folder, 'file'), fixture.index, fixture.log)).rejects.toThrow(
      /cannot be read/,
    );
  });
});

describe('changes take effect by themselves', () => {
  beforeEach(async () => {
    await put('app.yaml', stream('app'));
    await fixture.open();
  });

  test('a renamed file', async () => {
    await rename(join(fixture.folder, 'app.yaml'), join(fixture.folder, 'renamed.yml'));
    await put('marker.yaml', stream('marker'));
    await soon(() => expect(at('marker')).toBe('1'));
    expect(at('app')).toBe('1');
  });

  test('a folder that is new, with a file in it, which changes', async () => {
    await put('new/deep/other.yaml', stream('other'));
    await soon(() => expect(at('other')).toBe('1'));
    await put('new/deep/other.yaml', stream('other', '2'));
    await soon(() => expect(at('other')).toBe('2'));
    await rm(join(fixture.folder, 'new'), { recursive: true });
    await soon(() => expect(at('other')).toBeUndefined());
  });

  test('after it is stopped nothing changes any more', async () => {
    fixture.stop();
    await put('app.yaml', stream('app', '2'));
    const second = await openDirectory(fixture.folder, new ObjectIndex(), fixture.log);
    second.stop();
    expect(at('app')).toBe('1');
  });
});

describe('a broken file', () => {
  test('is reported once, not with every look', async () => {
    await put('app.yaml', stream('app'));
    await writeFile(join(fixture.folder, 'broken.yaml'), 'a: [');
    const opened = await fixture.open();
    await put('app.yaml', stream('app', '2'));
    await soon(() => expect(at('app')).toBe('2'));
    expect(messages('error')).toHaveLength(1);
    expect(opened.problems()).toEqual([expect.stringMatching(/^broken\.yaml:1:\d+: /)]);
  });

  // Root reads everything.
  (process.getuid?.() === 0 ? test.skip : test)(
    'that may not be read any more counts as broken',
    async () => {
      await put('app.yaml', stream('app'));
      const opened = await fixture.open();
      await chmod(join(fixture.folder, 'app.yaml'), 0o000);
      await soon(() =>
        expect(opened.problems()).toEqual([expect.stringMatching(/^app\.yaml: cannot be read .*EACCES/)]),
      );
      expect(at('app')).toBe('1');
    },
  );

  test('that is deleted takes its last good version with it', async () => {
    await put('app.yaml', stream('app'));
    const opened = await fixture.open();
    await writeInOneStep(join(fixture.folder, 'app.yaml'), 'a: [');
    await soon(() => expect(opened.problems()).toHaveLength(1));
    await unlink(join(fixture.folder, 'app.yaml'));
    await soon(() => expect(at('app')).toBeUndefined());
    expect(opened.problems()).toEqual([]);
  });
});

test('a folder that is called like a file is none, and costs nothing', async () => {
  await put('a.yaml/b.yaml', stream('app'));
  await put('c.yaml', stream('app'));
  await fixture.open();
  expect(at('app')).toBe('1');
  expect(messages('warn')).toHaveLength(1);

  await put('a.yaml/other.yaml', stream('other'));
  await soon(() => expect(at('other')).toBe('1'));
});

describe('one object in two files', () => {
  test('the later file counts, with a warning; without it the other one does', async () => {
    await put('a.yaml', stream('app', '1'));
    await put('b.yaml', stream('app', '2'));
    await fixture.open();
    expect(at('app')).toBe('2');
    expect(messages('warn')).toEqual([
      { message: 'ImageStream shop/app is in two files; the later one counts', file: 'b.yaml' },
    ]);
    await unlink(join(fixture.folder, 'b.yaml'));
    await soon(() => expect(at('app')).toBe('1'));
  });
});

test('a file that is a link to one elsewhere is followed', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'pinstream-linked-'));
  try {
    await writeFile(join(elsewhere, 'app.yaml'), stringify(stream('app')));
    await symlink(join(elsewhere, 'app.yaml'), join(fixture.folder, 'linked.yaml'));
    await fixture.open();
    expect(at('app')).toBe('1');
    await writeFile(join(elsewhere, 'app.yaml'), stringify(stream('app', '2')));
    // Nothing in the folder itself has changed: this one is found by looking now and then.
    await soon(() => expect(at('app')).toBe('2'));
  } finally {
    await rm(elsewhere, { recursive: true });
  }
});
