import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createText,
  deleteFile,
  readForWriting,
  replaceText,
  type WritableFile,
} from '../../src/store/directory-write.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinstream-write-'));
  path = join(folder, 'a.yaml');
  await writeFile(path, 'old');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = async (): Promise<WritableFile> => {
  const file = await readForWriting(path);
  if (file === undefined) throw new Error('no file');
  return file;
};
const contents = async () => {
  const names = await readdir(folder);
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
};

describe('a file that has changed since it was read', () => {
  const changes: readonly [string, () => Promise<void>, Record<string, string>][] = [
    ['by another text of the same length', () => writeFile(path, 'new'), { 'a.yaml': 'new' }],
    ['by being deleted', () => unlink(path), {}],
  ];
  test.each(changes)('is not replaced: %s', async (_title, change, after) => {
    const file = await read();
    await change();
    expect(await replaceText(file, 'mine')).toBe(false);
    expect(await contents()).toEqual(after);
  });

  test.each(changes)('is not deleted: %s', async (_title, change, after) => {
    const file = await read();
    await change();
    expect(await deleteFile(file)).toBe(false);
    expect(await contents()).toEqual(after);
  });
});

test('a file that is as it was read is replaced, and nothing else is left', async () => {
  expect(await replaceText(await read(), 'mine')).toBe(true);
  expect(await contents()).toEqual({ 'a.yaml': 'mine' });
});

test('a file that is gone is none', async () => {
  await unlink(path);
  expect(await readForWriting(path)).toBeUndefined();
});

test('a file that is there is not made again', async () => {
  await createText(path, 'mine');
  expect(await contents()).toEqual({ 'a.yaml': 'old' });
});

test('what cannot be written names the file and the way out', async () => {
  await expect(createText(join(path, 'b.yaml'), 'mine')).rejects.toThrow(
    /\/a\.yaml\/b\.yaml cannot be written \(.*ENOTDIR.*\); its folder must be writable and have room$/,
  );
});
