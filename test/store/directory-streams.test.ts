import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { ImageObject } from '../../src/importer/stream-store.ts';
import { readDocuments } from '../../src/manifest/documents.ts';
import { createDirectoryStreams, type DirectoryStreams } from '../../src/store/directory-streams.ts';
import { eventually } from '../support/eventually.ts';
import { digest } from '../support/objects.ts';
import { directoryFixture } from './directory-fixture.ts';

const fixture = directoryFixture();
const signal = new AbortController().signal;
const app = { namespace: 'shop', name: 'app' };

const pathOf = (file: string) => join(fixture.folder, file);
const put = async (file: string, text: string) => {
  await mkdir(dirname(pathOf(file)), { recursive: true });
  await writeFile(pathOf(file), text);
};
/** As an editor does that writes beside and renames: seen at once, and whole. */
const save = async (file: string, text: string) => {
  await writeFile(pathOf('.saved'), text);
  await rename(pathOf('.saved'), pathOf(file));
};
const textOf = (file: string) => readFile(pathOf(file), 'utf8');
const open = async (): Promise<DirectoryStreams> => createDirectoryStreams(await fixture.open());
const filesBelow = async (folder = '') => {
  const entries = await readdir(pathOf(folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
};

const stream = (name: string, status = '') => `apiVersion: image.openshift.io/v1 # of ${name}
kind: ImageStream
metadata: {name: ${name}, namespace: shop}
spec:
  tags:
    - name: v1
${status}`;
const written = (character: string) => `status:
  tags:
    - tag: v1
      items:
        - image: ${digest(character)}
          dockerImageReference: quay.io/x/app
`;
const statusOf = (character: string) => ({
  tags: [{ tag: 'v1', items: [{ image: digest(character), dockerImageReference: 'quay.io/x/app' }] }],
});
const at = (name: string) => fixture.index.tag('shop', name, 'v1')?.event?.image;
const image = (character: string): ImageObject => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'Image',
  metadata: { name: digest(character), annotations: { at: '2026-01-02T03:04:05Z' } },
  dockerImageReference: `quay.io/x/app@${digest(character)}`,
});
const imagesOf = async (streams: DirectoryStreams) => {
  const images: unknown[] = [];
  await streams.eachImage((raw) => images.push(raw), signal);
  return images;
};

describe('a stream is read from its file', () => {
  test('as it is now, whatever the watch has seen', async () => {
    await put('a.yaml', stream('app'));
    const streams = await open();
    fixture.stop();
    await save('a.yaml', stream('app', written('2')));
    expect(await streams.read(app, signal)).toMatchObject({ spec: {}, status: statusOf('2') });
  });

  test.each<[string, () => Promise<void>]>([
    ['a new file', () => save('b.yaml', stream('other'))],
    ['a file that it moved to', () => rename(pathOf('a.yaml'), pathOf('b.yaml'))],
  ])('also from %s', async (title, change) => {
    await put('a.yaml', stream('app'));
    const streams = await open();
    fixture.stop();
    await change();
    const key = title === 'a new file' ? { ...app, name: 'other' } : app;
    // A file that was written a moment ago may not be whole: the next look takes it.
    await eventually(async () => expect(await streams.read(key, signal)).toBeDefined(), {
      describe: 'the stream',
      timeoutMs: 5000,
      intervalMs: 5,
    });
  });

  test('one that is not there is undefined', async () => {
    await put('a.yaml', stream('app'));
    const streams = await open();
    expect(await streams.read({ ...app, name: 'other' }, signal)).toBeUndefined();
    await unlink(pathOf('a.yaml'));
    expect(await streams.read(app, signal)).toBeUndefined();
  });

  test('a file that does not parse is an error with the place', async () => {
    await put('a.yaml', stream('app'));
    const streams = await open();
    await save('a.yaml', 'kind: [');
    await expect(streams.read(app, signal)).rejects.toThrow(
      /^a\.yaml:1:8: .*; ImageStream shop\/app cannot be read until it is mended$/,
    );
  });

  test('nothing is read for somebody who has gone', async () => {
    await put('a.yaml', stream('app'));
    const streams = await open();
    await expect(streams.read(app, AbortSignal.abort())).rejects.toThrow(/abort/i);
    await expect(streams.eachStream(() => undefined, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });

  test('every stream, also one without a namespace', async () => {
    await put('a.yaml', `${stream('app')}---\n${stream('other').replace(', namespace: shop', '')}`);
    const streams = await open();
    const seen: unknown[] = [];
    await streams.eachStream((raw) => seen.push(raw), signal);
    expect(seen).toMatchObject([
      { metadata: { name: 'app', namespace: 'shop' } },
      { metadata: { name: 'other', namespace: 'default' } },
    ]);
  });
});

describe('a status is written into the file', () => {
  test.each<[string, string, string, string]>([
    [
      'YAML',
      'a.yaml',
      `# head\n${stream('app', '# tail\n')}`,
      `# head\n${stream('app', `${written('2')}# tail\n`)}`,
    ],
    ['instead of the old one', 'a.yaml', stream('app', written('1')), stream('app', written('2'))],
    [
      'among documents',
      'deep/down/a.yaml',
      `${stream('other')}---\n# Mine\n${stream('app')}---\nkind: Service # s\n`,
      `${stream('other')}---\n# Mine\n${stream('app', written('2'))}---\nkind: Service # s\n`,
    ],
    [
      'the later one of two in one file',
      'a.yaml',
      `${stream('app')}---\n${stream('app')}`,
      `${stream('app')}---\n${stream('app', written('2'))}`,
    ],
    [
      'JSON',
      'a.json',
      `${JSON.stringify(readOne(stream('app')), null, 2)}\n`,
      `${JSON.stringify({ ...readOne(stream('app')), status: statusOf('2') }, null, 2)}\n`,
    ],
    [
      'a List',
      'a.yaml',
      `kind: List\napiVersion: v1\nitems:\n  - ${indented(stream('other'))}  - ${indented(stream('app'))}# tail\n`,
      `kind: List\napiVersion: v1\nitems:\n  - ${indented(stream('other'))}  - ${indented(stream('app', written('2')))}# tail\n`,
    ],
    [
      'a stream without a namespace',
      'a.yaml',
      stream('app').replace(', namespace: shop', ''),
      stream('app', written('2')).replace(', namespace: shop', ''),
    ],
  ])('%s', async (title, file, before, after) => {
    await put(file, before);
    const streams = await open();
    const namespace = title.includes('without a namespace') ? 'default' : 'shop';
    const raw = await streams.read({ ...app, namespace }, signal);
    expect(await streams.writeStatus(raw, statusOf('2'))).toBe('written');
    expect(await textOf(file)).toBe(after);
    // Decisions see it at once.
    expect(fixture.index.tag(namespace, 'app', 'v1')?.event?.image).toBe(digest('2'));
    expect(await streams.read({ ...app, namespace }, signal)).toMatchObject({ status: statusOf('2') });
  });

  test('the mode of the file stays, and nothing else is left in the folder', async () => {
    await put('a.yaml', stream('app'));
    await chmod(pathOf('a.yaml'), 0o640);
    const streams = await open();
    await streams.writeStatus(await streams.read(app, signal), statusOf('2'));
    expect((await stat(pathOf('a.yaml'))).mode & 0o777).toBe(0o640);
    expect(await filesBelow()).toEqual(['a.yaml']);
  });

  test('a status that is there already is no write', async () => {
    await put('a.yaml', stream('app', written('2')));
    const streams = await open();
    const before = await stat(pathOf('a.yaml'));
    expect(await streams.writeStatus(await streams.read(app, signal), statusOf('2'))).toBe('written');
    expect((await stat(pathOf('a.yaml'))).ino).toBe(before.ino);
  });

  test('of a stream in two files the one in force is written, never the other', async () => {
    await put('a.yaml', stream('app', written('1')));
    await put('b.yaml', stream('app', written('1')));
    const streams = await open();
    expect(await streams.writeStatus(await streams.read(app, signal), statusOf('2'))).toBe('written');
    expect(await textOf('a.yaml')).toBe(stream('app', written('1')));
    expect(await textOf('b.yaml')).toBe(stream('app', written('2')));
  });

  test('streams of one file, all at once', async () => {
    const names = Array.from({ length: 10 }, (_value, index) => `app${index}`);
    await put('a.yaml', names.map((name) => stream(name)).join('---\n'));
    const streams = await open();
    const outcomes = await Promise.all(
      names.map(async (name) =>
        streams.writeStatus(await streams.read({ ...app, name }, signal), statusOf('2')),
      ),
    );
    expect(outcomes).toEqual(names.map(() => 'written'));
    expect(await textOf('a.yaml')).toBe(names.map((name) => stream(name, written('2'))).join('---\n'));
  });

  test('one stream, many at once: one wins, the others are told', async () => {
    await put('a.yaml', stream('app'));
    const streams = await open();
    const raw = await streams.read(app, signal);
    const outcomes = await Promise.all(
      ['1', '2', '3'].map((character) => streams.writeStatus(raw, statusOf(character))),
    );
    expect(outcomes).toEqual(['written', 'conflict', 'conflict']);
    expect(await textOf('a.yaml')).toBe(stream('app', written('1')));
  });
});

describe('a write that comes too late changes nothing', () => {
  test.each<[string, () => Promise<void>, 'conflict' | 'gone']>([
    ['the spec has changed', () => save('a.yaml', stream('app').replace('v1\n', 'v2\n')), 'conflict'],
    ['the status has changed', () => save('a.yaml', stream('app', written('3'))), 'conflict'],
    ['the file is gone', () => unlink(pathOf('a.yaml')), 'gone'],
    ['the stream has left its file', () => save('a.yaml', stream('other')), 'gone'],
  ])('%s', async (_title, change, outcome) => {
    await put('a.yaml', stream('app'));
    const streams = await open();
    const raw = await streams.read(app, signal);
    await change();
    const before = await textOf('a.yaml').catch(() => undefined);
    expect(await streams.writeStatus(raw, statusOf('2'))).toBe(outcome);
    expect(await textOf('a.yaml').catch(() => undefined)).toBe(before);
  });

  test('what stands elsewhere in the file may change: the write goes beside it', async () => {
    await put('a.yaml', `${stream('app')}---\n${stream('other')}`);
    const streams = await open();
    const raw = await streams.read(app, signal);
    await save('a.yaml', `# new\n${stream('app')}---\n${stream('another')}`);
    expect(await streams.writeStatus(raw, statusOf('2'))).toBe('written');
    expect(await textOf('a.yaml')).toBe(`# new\n${stream('app', written('2'))}---\n${stream('another')}`);
  });
});

describe('a file that must not be written is an error that names it and the way out', () => {
  test('a link', async () => {
    await put('..1/a.yaml', stream('app'));
    await symlink('..1/a.yaml', pathOf('a.yaml'));
    const streams = await open();
    const raw = await streams.read(app, signal);
    await expect(streams.writeStatus(raw, statusOf('2'))).rejects.toThrow(
      /\/a\.yaml is a link .* put a file of its own into the folder$/,
    );
    expect(await textOf('..1/a.yaml')).toBe(stream('app'));
  });

  test('a read-only file', async () => {
    await put('a.yaml', stream('app'));
    await chmod(pathOf('a.yaml'), 0o444);
    const streams = await open();
    const raw = await streams.read(app, signal);
    await expect(streams.writeStatus(raw, statusOf('2'))).rejects.toThrow(
      /\/a\.yaml is read-only and is not written; make it writable/,
    );
  });

  // Root writes everywhere.
  (process.getuid?.() === 0 ? test.skip : test)('a file in a read-only folder', async () => {
    await put('sub/a.yaml', stream('app'));
    await chmod(pathOf('sub'), 0o555);
    const streams = await open();
    const raw = await streams.read(app, signal);
    await expect(streams.writeStatus(raw, statusOf('2'))).rejects.toThrow(
      /\/sub\/a\.yaml cannot be written \(.*EACCES.*\); its folder must be writable/,
    );
    await chmod(pathOf('sub'), 0o755);
  });

  test('a text that cannot be edited in place', async () => {
    const text = stream('app', 'status: &s {tags: []}\nmine: *s\n');
    await put('a.yaml', text);
    const streams = await open();
    const raw = await streams.read(app, signal);
    await expect(streams.writeStatus(raw, statusOf('2'))).rejects.toThrow(
      /\/a\.yaml: ImageStream shop\/app cannot be changed in place: status holds the anchor &s/,
    );
    expect(await textOf('a.yaml')).toBe(text);
  });

  test('one that fails does not keep the next one from being written', async () => {
    await put('a.yaml', stream('app', 'status: &s {tags: []}\nmine: *s\n'));
    await put('b.yaml', stream('other'));
    const streams = await open();
    const [first, second] = [
      await streams.read(app, signal),
      await streams.read({ ...app, name: 'other' }, signal),
    ];
    const writes = [streams.writeStatus(first, statusOf('2')), streams.writeStatus(second, statusOf('2'))];
    expect(await Promise.allSettled(writes)).toMatchObject([{ status: 'rejected' }, { value: 'written' }]);
  });
});

test('whoever reads while 200 writes go on sees whole files only', async () => {
  const padding = `# ${'x'.repeat(98)}\n`.repeat(300);
  await put('a.yaml', stream('app', written('0') + padding));
  const streams = await open();
  const wholeTexts = new Set(
    ['0', '1', '2', '3'].map((character) => stream('app', written(character) + padding)),
  );
  let reads = 0;
  let partial = 0;
  let isDone = false;
  const reader = async (): Promise<void> => {
    while (!isDone) {
      if (!wholeTexts.has(await textOf('a.yaml'))) partial += 1;
      reads += 1;
      await turn();
    }
  };
  const readers = [reader(), reader()];
  for (let round = 1; round <= 200; round++) {
    const raw = await streams.read(app, signal);
    expect(await streams.writeStatus(raw, statusOf(String(round % 4)))).toBe('written');
  }
  isDone = true;
  await Promise.all(readers);
  expect(reads).toBeGreaterThan(200);
  expect(partial).toBe(0);
  expect(fixture.log.lines).toEqual([]);
});

describe('whoever follows the streams', () => {
  test('is told of all of them first, then of each change, and of no other object', async () => {
    await put('a.yaml', `${stream('app')}---\n${stream('other')}`);
    await put('b.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n');
    const streams = await open();
    const told: string[] = [];
    const nameIn = (raw: unknown) => (raw as { metadata: { name: string } }).metadata.name;
    const stop = streams.follow({
      startList: () => ({
        put: (raw) => told.push(`list ${nameIn(raw)}`),
        commit: () => told.push('commit'),
      }),
      put: (raw) => told.push(`put ${nameIn(raw)}`),
      remove: ({ namespace, name }) => told.push(`remove ${namespace}/${name}`),
    });
    expect(told.splice(0)).toEqual(['list app', 'list other', 'commit']);

    await streams.writeStatus(await streams.read(app, signal), statusOf('2'));
    expect(told.splice(0)).toEqual(['put app']);

    await save('a.yaml', stream('other'));
    await eventually(() => expect(told).toEqual(['remove shop/app']), {
      describe: 'the removal',
      timeoutMs: 10_000,
    });
    stop();
    await streams.writeStatus(await streams.read({ ...app, name: 'other' }, signal), statusOf('2'));
    expect(at('other')).toBe(digest('2'));
    expect(told).toEqual(['remove shop/app']);
  });
});

describe('images', () => {
  test('get files of their own, named by their digest', async () => {
    const streams = await open();
    await streams.addImage(image('1'));
    expect(await textOf(`images/sha256-${'1'.repeat(64)}.yaml`)).toBe(
      [
        'apiVersion: image.openshift.io/v1',
        'kind: Image',
        'metadata:',
        `  name: ${digest('1')}`,
        '  annotations:',
        '    at: "2026-01-02T03:04:05Z"',
        `dockerImageReference: quay.io/x/app@${digest('1')}`,
        '',
      ].join('\n'),
    );
    expect(fixture.index.image(digest('1'))).toBeDefined();
    expect(await imagesOf(streams)).toEqual([image('1')]);
    expect(await filesBelow('images')).toEqual([`sha256-${'1'.repeat(64)}.yaml`]);
  });

  test.each<[string, string, string]>([
    ['in its own file', `images/sha256-${'1'.repeat(64)}.yaml`, digest('1')],
    ['in any other', 'all.yaml', digest('1')],
    ['by the name of a custom resource', 'all.yaml', `sha256-${'1'.repeat(64)}`],
  ])('that are there already stay as they are: %s', async (_title, file, name) => {
    const text = `# mine\n${JSON.stringify({ ...image('1'), metadata: { name } })}\n`;
    await put(file, text);
    const streams = await open();
    await streams.addImage({ ...image('1'), dockerImageReference: 'other' });
    expect(await textOf(file)).toBe(text);
    expect(await filesBelow()).toHaveLength(1);
  });

  test('the same one many times at once is one file', async () => {
    const streams = await open();
    await Promise.all([1, 2, 3, 4].map(() => streams.addImage(image('1'))));
    expect(await filesBelow()).toHaveLength(1);
  });

  test.each(['../escaped', 'app', 'sha256:', 'sha256:../x', ''])('none is called "%s"', async (name) => {
    const streams = await open();
    await expect(streams.addImage({ ...image('1'), metadata: { name } })).rejects.toThrow(
      /named by its digest/,
    );
    expect(await filesBelow()).toEqual([]);
  });

  test('are removed with a file that holds nothing else', async () => {
    const streams = await open();
    await streams.addImage(image('1'));
    await streams.addImage(image('2'));
    expect(await streams.removeImage(image('1'))).toBe('written');
    expect(await filesBelow()).toEqual([`sha256-${'2'.repeat(64)}.yaml`]);
    expect(fixture.index.image(digest('1'))).toBeUndefined();
    expect(await imagesOf(streams)).toEqual([image('2')]);
  });

  test.each<[string, string, string]>([
    [
      'their document',
      `${stream('app')}---\n${JSON.stringify(image('1'))}\n---\n# a secret\nkind: Secret\n`,
      `${stream('app')}---\n# a secret\nkind: Secret\n`,
    ],
    [
      'their item',
      JSON.stringify({ kind: 'List', items: [image('1'), image('2')] }),
      JSON.stringify({ kind: 'List', items: [image('2')] }),
    ],
  ])('are cut out of a file that holds more: %s', async (_title, before, after) => {
    await put('a.yaml', before);
    const streams = await open();
    expect(await streams.removeImage(image('1'))).toBe('written');
    expect(await textOf('a.yaml')).toBe(after);
  });

  test.each<[string, () => Promise<void>, 'conflict' | 'gone']>([
    ['changed', () => save('a.yaml', JSON.stringify({ ...image('1'), more: 1 })), 'conflict'],
    ['gone', () => rm(pathOf('a.yaml')), 'gone'],
  ])('that have %s since are left alone', async (_title, change, outcome) => {
    await put('a.yaml', JSON.stringify(image('1')));
    const streams = await open();
    const [raw] = await imagesOf(streams);
    await change();
    const before = await filesBelow();
    expect(await streams.removeImage(raw)).toBe(outcome);
    expect(await filesBelow()).toEqual(before);
  });
});

describe('what imports log in with', () => {
  const secret = (name: string, namespace: string) => `apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: ${namespace}}
type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: c2VjcmV0, other: b3RoZXI=}
stringData: {.dockercfg: confidential, password: confidential}
`;
  const account = (name: string) => `apiVersion: v1
kind: ServiceAccount
metadata: {name: ${name}, namespace: shop}
imagePullSecrets: [{name: ${name}-b}, {name: ${name}-a}, {}, null]
`;

  test('the Secrets of the namespace, and what its service account names', async () => {
    await put(
      'a.yaml',
      [secret('one', 'shop'), secret('two', 'else'), account('default'), account('builder')].join('---\n'),
    );
    const streams = await open();
    expect(streams.secretsIn('shop')).toEqual({
      secrets: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'one', namespace: 'shop' },
          type: 'kubernetes.io/dockerconfigjson',
          // Of other fields nothing is kept.
          data: { '.dockerconfigjson': 'c2VjcmV0' },
          stringData: { '.dockercfg': 'confidential' },
        },
      ],
      pullSecretNames: ['default-b', 'default-a'],
    });
    expect(streams.secretsIn('none')).toEqual({ secrets: [], pullSecretNames: [] });
  });

  test('are told to nobody else, and their content is in no line of the log', async () => {
    await put('a.yaml', secret('one', 'shop'));
    await put('b.yaml', secret('one', 'shop').replace(', namespace: shop', ''));
    await put('c.yaml', `${secret('one', 'shop')}kind: [`);
    const streams = await open();
    expect(fixture.index.counts()).toEqual({ ImageStream: 0, Image: 0, Namespace: 0 });
    expect(streams.secretsIn('default').secrets).toHaveLength(1);
    expect(fixture.log.lines).toHaveLength(2);
    expect(JSON.stringify(fixture.log.lines)).not.toMatch(/c2VjcmV0|confidential/);
  });

  test('follow the files', async () => {
    await put('a.yaml', secret('one', 'shop'));
    const streams = await open();
    await save('a.yaml', secret('two', 'shop'));
    await eventually(
      () => expect(streams.secretsIn('shop').secrets).toMatchObject([{ metadata: { name: 'two' } }]),
      { describe: 'the new secret', timeoutMs: 10_000 },
    );
  });
});

function readOne(text: string): object {
  const documents = readDocuments(text);
  const [object] = documents.ok ? documents.objects : [];
  if (object === undefined) throw new Error('no object');
  return object;
}

/** The lines of an object as the item of a List that is indented by two. */
function indented(text: string): string {
  return `${text.trimEnd().replaceAll('\n', '\n    ')}\n`;
}
