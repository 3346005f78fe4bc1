import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ObjectKind } from '../../src/commands/object-client.ts';
import { createTrust } from '../../src/credentials/trust.ts';
import { createDirectoryEditor } from '../../src/store/directory-editor.ts';
import { createDirectoryStreams } from '../../src/store/directory-streams.ts';
import { openDirectory, type DirectoryStore } from '../../src/store/directory.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';

const stream: ObjectKind = {
  group: 'image.openshift.io',
  version: 'v1',
  kind: 'ImageStream',
  resource: 'imagestreams',
  namespaced: true,
};
const image: ObjectKind = { ...stream, kind: 'Image', resource: 'images', namespaced: false };

let outside: string;
let folder: string;
let store: DirectoryStore | undefined;
beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'pinstream-paths-'));
  folder = join(outside, 'objects');
  await mkdir(folder);
});
afterEach(async () => {
  store?.stop();
  store = undefined;
  await rm(outside, { recursive: true, force: true });
});

/** Every file below, by its path; what is in the folder begins with `objects/`. */
const files = async (): Promise<readonly string[]> =>
  (await readdir(outside, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(outside.length + 1))
    .toSorted();

const editor = () => createDirectoryEditor({ folder, evaluate: (_kind, object) => Promise.resolve(object) });

describe('an object made in a folder stays in the folder', () => {
  test.each<[string, ObjectKind, string, string]>([
    ['a name that goes up', stream, '../escaped', 'shop'],
    ['a name that goes down and up', stream, 'a/../../escaped', 'shop'],
    ['an absolute name', stream, '/tmp/escaped', 'shop'],
    ['a namespace that goes up', stream, 'app', '../escaped'],
    ['an Image that goes up', image, '../../escaped', ''],
    ['a name of another folder', stream, 'sub/app', 'shop'],
    ['a name that would be hidden', stream, '.ssh', 'shop'],
    ['a name with a null character', stream, 'a\0b', 'shop'],
    ['no name', stream, '', 'shop'],
  ])('%s', async (_what, kind, name, namespace) => {
    // Where the first name is taken, one with the namespace is tried.
    await writeFile(join(folder, 'app.yaml'), '# taken\n');
    const object = {
      apiVersion: 'image.openshift.io/v1',
      kind: kind.kind,
      metadata: { name, ...(namespace === '' ? {} : { namespace }) },
    };
    await expect(editor().create(kind, object, { dryRun: 'none' })).rejects.toThrow(
      /cannot be the name of a file/,
    );
    expect(await files()).toEqual(['objects/app.yaml']);
  });

  test('a name that differs from another by case only is another object', async () => {
    const named = (name: string) => ({
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name, namespace: 'shop' },
    });
    await editor().create(stream, named('app'), { dryRun: 'none' });
    await editor().create(stream, named('App'), { dryRun: 'none' });
    expect(await editor().read(stream, { namespace: 'shop', name: 'app' })).toMatchObject(named('app'));
    expect(await editor().read(stream, { namespace: 'shop', name: 'App' })).toMatchObject(named('App'));
  });
});

describe('what is no file of the folder is left alone', () => {
  const object =
    'apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: {name: app, namespace: shop}\n';

  test('a file that is a link is read, and never written or removed', async () => {
    await writeFile(join(outside, 'elsewhere.yaml'), object);
    await symlink(join(outside, 'elsewhere.yaml'), join(folder, 'link.yaml'));
    const key = { namespace: 'shop', name: 'app' };
    expect(await editor().read(stream, key)).toMatchObject({ metadata: { name: 'app' } });
    const change = () =>
      editor().change(stream, key, (found) => ({ ...found, spec: {} }), { dryRun: 'none' });
    await expect(change()).rejects.toThrow(/is a link/);
    await expect(editor().remove(stream, key, { dryRun: 'none' })).rejects.toThrow(/is a link/);
    expect(await readFile(join(outside, 'elsewhere.yaml'), 'utf8')).toBe(object);
  });

  test('a pipe is not waited for, nor is a folder that is called like a file', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
    await mkdir(join(folder, 'folder.yaml'));
    await writeFile(join(folder, 'app.yaml'), object);
    expect(await editor().list(stream, undefined)).toHaveLength(1);
  });

  test('Images of a registry go by their digest only, never into a folder that is a link', async () => {
    await mkdir(join(outside, 'elsewhere'));
    await symlink(join(outside, 'elsewhere'), join(folder, 'images'));
    store = await openDirectory(folder, new ObjectIndex(), createRecordingLog());
    const streams = createDirectoryStreams(store);
    const raw = (name: string) =>
      ({ apiVersion: 'image.openshift.io/v1', kind: 'Image', metadata: { name } }) as const;
    await expect(streams.addImage(raw('../../escaped'))).rejects.toThrow(/named by its digest/);
    await expect(streams.addImage(raw(`sha256:${'a'.repeat(64)}`))).rejects.toThrow(/is a link/);
    expect(await files()).toEqual(['objects/images']);
  });
});

test('a registry’s name is looked up among the certificates that there are: it never becomes a path', async () => {
  await writeFile(join(outside, 'ca.crt'), 'not for anybody');
  await mkdir(join(folder, 'certs'));
  const log = createRecordingLog();
  const trust = createTrust(join(folder, 'certs'), { clock: createFakeClock(), log });
  for (const host of ['../..', '../../ca.crt', '..', '/', join(outside, 'ca.crt'), '..:1', '%2e%2e'])
    expect(await trust(host)).toEqual([]);
  expect(log.lines).toEqual([]);
});
