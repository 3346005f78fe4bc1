import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { openDirectory } from '../../src/store/directory.ts';
import { eventually } from '../support/eventually.ts';
import { directoryFixture } from './directory-fixture.ts';

const fixture = directoryFixture();

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(fixture.folder, name)), { recursive: true });
  await writeFile(join(fixture.folder, name), text);
}

const stream = (name: string, digit = 'a', namespace = 'shop') => `apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {name: ${name}, namespace: ${namespace}}
status: {tags: [{tag: v1, items: [{image: "sha256:${digit.repeat(64)}", dockerImageReference: "quay.io/x/${name}"}]}]}
`;

/** The digit of the image that the stream's tag v1 names; undefined when there is no such stream. */
const digitOf = (name: string, namespace = 'shop') =>
  fixture.index.tag(namespace, name, 'v1')?.event?.image.at(-1);

const soon = (describe: string, check: () => void) => eventually(check, { describe, timeoutMs: 10_000 });

describe('what a folder holds', () => {
  test.each([
    ['one document', 'a.yaml', stream('app')],
    ['several documents', 'a.yml', `${stream('other')}---\n${stream('app')}`],
    ['a List', 'a.yaml', `apiVersion: v1\nkind: List\nitems:\n- ${stream('app').replaceAll('\n', '\n  ')}`],
    ['JSON', 'a.json', JSON.stringify({ ...streamObject('app') })],
    ['a sub-folder', 'deep/down/a.yaml', stream('app')],
    [
      'beside objects of other kinds',
      'a.yaml',
      `kind: Service\napiVersion: v1\n---\n${stream('app')}---\nkind: Image\napiVersion: config.openshift.io/v1\nmetadata: {name: cluster}`,
    ],
  ])('%s', async (_title, file, text) => {
    await write(file, text);
    await fixture.open();
    expect(digitOf('app')).toBe('a');
  });

  test('images by their digest, and by the name that a custom resource needs', async () => {
    const image = (name: string) =>
      `{apiVersion: image.openshift.io/v1, kind: Image, metadata: {name: "${name}"}}`;
    await write('a.yaml', `${image(`sha256:${'1'.repeat(64)}`)}\n---\n${image(`sha256-${'2'.repeat(64)}`)}`);
    await fixture.open();
    expect(['1', '2', '3'].map((digit) => fixture.index.namesDigest(`sha256:${digit.repeat(64)}`))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('namespaces, with labels and annotations', async () => {
    await write(
      'a.yaml',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: b}, annotations: {c: d}}',
    );
    await fixture.open();
    expect(fixture.index.namespace('shop')).toEqual({ labels: { a: 'b' }, annotations: { c: 'd' } });
  });

  test('what is odd loads with a warning that names the file', async () => {
    await write('a.yaml', 'apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: {}\n');
    await write('b.yaml', stream('app').replace(', namespace: shop', ''));
    await fixture.open();
    expect(digitOf('app', 'default')).toBe('a');
    expect(fixture.log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'a.yaml: an object of kind ImageStream without metadata.name is left out'],
      ['warn', 'b.yaml: ImageStream app names no metadata.namespace; it counts as "default"'],
    ]);
  });

  test('of two objects of one name the one in the later file counts, and it is said', async () => {
    await write('a.yaml', stream('app', 'a'));
    await write('b.yaml', stream('app', 'b'));
    await fixture.open();
    expect(digitOf('app')).toBe('b');
    expect(fixture.log.lines.map(({ message }) => message)).toEqual([
      'ImageStream shop/app is in two files; the later one counts',
    ]);
  });

  test('a folder that is not there is an error that names it and the way out', async () => {
    await expect(openDirectory(join(fixture.folder, 'none'), fixture.index, fixture.log)).rejects.toThrow(
      /^the folder .*none cannot be read \(.*ENOENT.*\); --objects takes a folder of YAML or JSON files$/,
    );
  });
});

describe('a folder that changes', () => {
  beforeEach(async () => {
    await write('a.yaml', stream('app', 'a'));
    await fixture.open();
  });

  test.each<[string, () => Promise<void>, string | undefined]>([
    ['a file is rewritten', () => write('a.yaml', stream('app', 'b')), 'b'],
    [
      'a file is replaced by another',
      async () => {
        await write('next', stream('app', 'b'));
        await rename(join(fixture.folder, 'next'), join(fixture.folder, 'a.yaml'));
      },
      'b',
    ],
    ['a file is added', () => write('b.yaml', stream('app', 'b')), 'b'],
    ['a file is added in a new sub-folder', () => write('new/folder/b.yaml', stream('app', 'b')), 'b'],
    ['a file is deleted', () => rm(join(fixture.folder, 'a.yaml')), undefined],
    ['an object leaves its file', () => write('a.yaml', stream('other')), undefined],
    [
      'a file is renamed to something else',
      () => rename(join(fixture.folder, 'a.yaml'), join(fixture.folder, 'a.txt')),
      undefined,
    ],
  ])('%s', async (_title, change, expected) => {
    await change();
    await soon('the change', () => expect(digitOf('app')).toBe(expected));
  });

  test('an object that moves to another file is never gone', async () => {
    await write('b.yaml', stream('app', 'b'));
    await soon('the second file', () => expect(digitOf('app')).toBe('b'));
    await rm(join(fixture.folder, 'b.yaml'));
    await soon('the first file again', () => expect(digitOf('app')).toBe('a'));
  });
});

describe('a file that breaks', () => {
  test('is reported with its place, and its last good version stays in force until it is whole again', async () => {
    await write('a.yaml', stream('app', 'a'));
    await write('b.yaml', stream('web', 'a'));
    const directory = await fixture.open();

    await write('a.yaml', `${stream('app', 'b')}---\nkind: [`);
    await soon('the report', () =>
      expect(directory.problems()).toEqual([expect.stringMatching(/^a\.yaml:6:8: Flow sequence/)]),
    );
    expect(digitOf('app')).toBe('a');
    expect(fixture.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);

    await write('b.yaml', stream('web', 'b'));
    await soon('the other file', () => expect(digitOf('web')).toBe('b'));
    expect(digitOf('app')).toBe('a');

    await write('a.yaml', stream('app', 'c'));
    await soon('the mended file', () => expect(digitOf('app')).toBe('c'));
    expect(directory.problems()).toEqual([]);
  });

  test('broken from the start: the others load', async () => {
    await write('a.yaml', '{');
    await write('b.yaml', stream('app'));
    const directory = await fixture.open();
    expect(digitOf('app')).toBe('a');
    expect(directory.problems()).toEqual([expect.stringMatching(/^a\.yaml:1:\d+: /)]);
  });
});

test('a mounted ConfigMap, which changes by a swapped link', async () => {
  await write('..1/a.yaml', stream('app', 'a'));
  await symlink('..1', join(fixture.folder, '..data'));
  await symlink('..data/a.yaml', join(fixture.folder, 'a.yaml'));
  await fixture.open();
  expect(digitOf('app')).toBe('a');

  await write('..2/a.yaml', stream('app', 'b'));
  await symlink('..2', join(fixture.folder, '..data_tmp'));
  await rename(join(fixture.folder, '..data_tmp'), join(fixture.folder, '..data'));
  await soon('the swap', () => expect(digitOf('app')).toBe('b'));
});

function streamObject(name: string): object {
  const item = { image: `sha256:${'a'.repeat(64)}`, dockerImageReference: `quay.io/x/${name}` };
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace: 'shop' },
    status: { tags: [{ tag: 'v1', items: [item] }] },
  };
}
