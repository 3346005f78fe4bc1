import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { imageObjects, imageStreams, namespaces } from '../../src/commands/kinds.ts';
import type { ObjectClient, ObjectKind } from '../../src/commands/object-client.ts';
import { withAnnotation } from '../../src/commands/stream-object.ts';
import { objectAt, type JsonObject } from '../../src/json/untyped.ts';
import { readDocuments } from '../../src/manifest/documents.ts';
import { createDirectoryEditor, type DirectoryEditorOptions } from '../../src/store/directory-editor.ts';
import { eventually } from '../support/eventually.ts';
import { digest } from '../support/objects.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinstream-editor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const asIs: DirectoryEditorOptions['evaluate'] = (_kind, object) => Promise.resolve(object);
const editor = (evaluate = asIs): ObjectClient => createDirectoryEditor({ folder, evaluate });
const writing = { dryRun: 'none' } as const;

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
const read = (name: string) => readFile(join(folder, name), 'utf8');
const files = async () => (await readdir(folder, { recursive: true })).sort();

const stream = (name: string, namespace = 'shop'): JsonObject => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name, namespace },
});
const text = (name: string, namespace = '\n  namespace: shop') =>
  `apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata:\n  name: ${name}${namespace}\n`;
const image = (name: string): JsonObject => ({
  apiVersion: 'image.openshift.io/v1',
  kind: 'Image',
  metadata: { name },
});
const web = { namespace: 'shop', name: 'web' };
const annotate = (key: string) => (object: JsonObject) => withAnnotation(object, key, 'yes');
const annotations = (object: JsonObject | undefined) =>
  Object.keys(objectAt(objectAt(object, 'metadata'), 'annotations')).sort();
const names = (objects: readonly JsonObject[]) => objects.map((object) => objectAt(object, 'metadata').name);

describe('a new object', () => {
  it.each<[string, ObjectKind, JsonObject, Readonly<Record<string, string>>, string]>([
    ['goes into a file of its name', imageStreams, stream('web'), {}, 'web.yaml'],
    ['beside one of that name', imageStreams, stream('web'), { 'web.yaml': 'a: b\n' }, 'shop-web.yaml'],
    [
      'beside two',
      imageStreams,
      stream('web'),
      { 'web.yaml': '', 'shop-web.yaml': '' },
      'shop-web-imagestream.yaml',
    ],
    [
      'an Image among its like',
      imageObjects,
      image(digest('a')),
      {},
      `images/${digest('a').replace(':', '-')}.yaml`,
    ],
  ])('%s', async (_, kind, object, before, file) => {
    await write(before);
    expect(await editor().create(kind, object, writing)).toEqual(object);
    expect(readDocuments(await read(file))).toMatchObject({ ok: true, objects: [object] });
    for (const [name, content] of Object.entries(before)) expect(await read(name)).toBe(content);
  });

  it('has no name left: it is said', async () => {
    await write({ 'web.yaml': '', 'shop-web.yaml': '', 'shop-web-imagestream.yaml': '' });
    await expect(editor().create(imageStreams, stream('web'), writing)).rejects.toThrow(
      `${folder}/web.yaml exists already; write the ImageStream into a file by hand`,
    );
    expect(await read('shop-web-imagestream.yaml')).toBe('');
  });

  it.each<[string, ObjectKind, JsonObject, string, string]>([
    [
      'a stream',
      imageStreams,
      stream('web'),
      text('web'),
      'imagestreams.image.openshift.io "web" already exists',
    ],
    [
      'a stream without a namespace',
      imageStreams,
      stream('web', 'default'),
      text('web', ''),
      'imagestreams.image.openshift.io "web" already exists',
    ],
    [
      'an Image, as a cluster names it',
      imageObjects,
      image(digest('a')),
      JSON.stringify(image(digest('a').replace(':', '-'))),
      `images.image.openshift.io "${digest('a')}" already exists`,
    ],
  ])('is refused where there is %s', async (_, kind, object, content, message) => {
    await write({ 'any.yaml': content });
    const made = editor().create(kind, object, writing);
    await expect(made).rejects.toMatchObject({ code: 409, reason: 'AlreadyExists', message });
    expect(await files()).toEqual(['any.yaml']);
  });

  it('is what becomes of it', async () => {
    const made = await editor((_kind, object) =>
      Promise.resolve(withAnnotation(object, 'seen', 'yes')),
    ).create(imageStreams, stream('web'), writing);
    expect(annotations(made)).toEqual(['seen']);
    expect(await read('web.yaml')).toContain('seen: "yes"');
  });
});

describe('side by side', () => {
  const many = Array.from({ length: 12 }, (_, at) => `a${String(at).padStart(2, '0')}`);

  it('all changes of one object land', async () => {
    await write({ 'web.yaml': `# kept\n${text('web')}` });
    const one = editor();
    await Promise.all(many.map((key) => one.change(imageStreams, web, annotate(key), writing)));
    expect(annotations(await one.read(imageStreams, web))).toEqual(many);
    expect(await read('web.yaml')).toMatch(/^# kept\n/);
    expect(await files()).toEqual(['web.yaml']);
  });

  it('changes of two objects in one file land', async () => {
    await write({ 'both.yaml': `${text('web')}---\n${text('api')}` });
    const one = editor();
    const api = { namespace: 'shop', name: 'api' };
    await Promise.all([
      one.change(imageStreams, web, annotate('a'), writing),
      one.change(imageStreams, api, annotate('b'), writing),
      one.remove(imageStreams, web, writing).catch(() => undefined),
      one.change(imageStreams, api, annotate('c'), writing),
    ]);
    expect(await one.read(imageStreams, web)).toBeUndefined();
    expect(annotations(await one.read(imageStreams, api))).toEqual(['b', 'c']);
  });

  it('a change on top of what somebody wrote meanwhile', async () => {
    await write({ 'web.yaml': text('web') });
    let disturbances = 3;
    const disturbed = editor(async (_kind, object) => {
      // Another program, between reading and writing.
      if (disturbances > 0)
        await write({ 'web.yaml': `${text('web')}  labels: {n: "${(disturbances -= 1)}"}\n` });
      return object;
    });
    const changed = await disturbed.change(imageStreams, web, annotate('a'), writing);
    expect(changed).toMatchObject({ metadata: { labels: { n: '0' }, annotations: { a: 'yes' } } });
    expect(await read('web.yaml')).toContain('labels: {n: "0"}\n');
  });

  it('gives up on a file that never rests', async () => {
    await write({ 'web.yaml': text('web') });
    let n = 0;
    const disturbed = editor(async (_kind, object) => {
      await write({ 'web.yaml': `${text('web')}  labels: {n: "${(n += 1)}"}\n` });
      return object;
    });
    await expect(disturbed.change(imageStreams, web, annotate('a'), writing)).rejects.toThrow(
      `${folder}/web.yaml keeps changing; try again`,
    );
    expect(n).toBe(10);
  });

  it('one of those that make the same object makes it, the others are told', async () => {
    const made = await Promise.allSettled(
      many.map((key) => editor().create(imageStreams, annotate(key)(stream('web')), writing)),
    );
    const refused = made.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(many.length - 1);
    for (const one of refused) expect(one).toMatchObject({ reason: { reason: 'AlreadyExists' } });
    expect(await files()).toEqual(['web.yaml']);
    const [winner] = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(await editor().read(imageStreams, web)).toEqual(winner);
  });

  it('a change waits for another program that writes here', async () => {
    await write({ 'web.yaml': text('web') });
    await write({ '.pinstream-lock': '' });
    let isReady = false as boolean;
    const one = editor((_kind, object) => {
      isReady = true;
      return Promise.resolve(object);
    });
    const change = one.change(imageStreams, web, annotate('a'), writing);
    await eventually(() => expect(isReady).toBe(true), { describe: 'the change is made', timeoutMs: 10_000 });
    // What the other program writes before it lets go is not lost.
    await write({ 'web.yaml': `${text('web')}  labels: {n: "1"}\n` });
    await rm(join(folder, '.pinstream-lock'));
    expect(await change).toMatchObject({ metadata: { labels: { n: '1' }, annotations: { a: 'yes' } } });
    expect(await files()).toEqual(['web.yaml']);
  });

  it('a lock that was left behind holds nobody up for long', async () => {
    await write({ 'web.yaml': text('web') });
    const lock = join(folder, '.pinstream-lock');
    await write({ '.pinstream-lock': '' });
    await utimes(lock, 0, 1);
    await editor().change(imageStreams, web, annotate('a'), writing);
    expect(await files()).toEqual(['web.yaml']);
  });

  it('nobody reads half a file', async () => {
    await write({ 'web.yaml': text('web') });
    const one = editor();
    let isOver = false as boolean;
    const seen: (JsonObject | undefined)[] = [];
    const reader = (async () => {
      const other = editor();
      while (!isOver) seen.push(await other.read(imageStreams, web));
    })();
    for (const key of many) await one.change(imageStreams, web, annotate(key), writing);
    isOver = true;
    await reader;
    expect(seen.length).toBeGreaterThan(0);
    for (const object of seen) expect(objectAt(object, 'metadata').name).toBe('web');
  });
});

describe('what is not written', () => {
  it.each<['client' | 'server']>([['client'], ['server']])('by a dry run of the %s', async (dryRun) => {
    await write({ 'web.yaml': text('web') });
    const one = editor((_kind, object) => Promise.resolve(withAnnotation(object, 'seen', 'yes')));
    expect(annotations(await one.create(imageStreams, stream('api'), { dryRun }))).toEqual(['seen']);
    expect(annotations(await one.change(imageStreams, web, annotate('a'), { dryRun }))).toEqual([
      'a',
      'seen',
    ]);
    await one.remove(imageStreams, web, { dryRun });
    expect(await files()).toEqual(['web.yaml']);
    expect(await read('web.yaml')).toBe(text('web'));
  });

  it('where nothing is to be changed', async () => {
    await write({ 'web.yaml': text('web') });
    await chmod(join(folder, 'web.yaml'), 0o444);
    const given = await editor().change(imageStreams, web, () => undefined, writing);
    expect(given).toEqual(stream('web'));
  });

  it('through a link', async () => {
    await write({ '.data/web.yaml': text('web') });
    await symlink(join(folder, '.data/web.yaml'), join(folder, 'web.yaml'));
    const one = editor();
    for (const work of [
      one.change(imageStreams, web, annotate('a'), writing),
      one.remove(imageStreams, web, writing),
    ]) {
      await expect(work).rejects.toThrow(`${folder}/web.yaml is a link`);
    }
    expect(await read('.data/web.yaml')).toBe(text('web'));
  });

  it.each<[string, (client: ObjectClient) => Promise<unknown>]>([
    ['changed', (client) => client.change(imageStreams, web, annotate('a'), writing)],
    ['removed', (client) => client.remove(imageStreams, web, writing)],
    ['removed in a dry run', (client) => client.remove(imageStreams, web, { dryRun: 'client' })],
  ])('what is not there cannot be %s', async (_, work) => {
    const message = 'imagestreams.image.openshift.io "web" not found';
    await expect(work(editor())).rejects.toMatchObject({ code: 404, reason: 'NotFound', message });
  });
});

describe('a change', () => {
  it('leaves a namespace out that the file leaves out', async () => {
    await write({ 'web.yaml': text('web', '') });
    const key = { namespace: 'default', name: 'web' };
    expect(await editor().change(imageStreams, key, annotate('a'), writing)).toMatchObject({
      metadata: { namespace: 'default' },
    });
    expect(await read('web.yaml')).not.toContain('namespace');
  });

  it('is made where an object that stands twice counts', async () => {
    await write({ 'a.yaml': text('web'), 'b.yaml': text('web') });
    await editor().change(imageStreams, web, annotate('a'), writing);
    expect(await read('a.yaml')).toBe(text('web'));
    expect(await read('b.yaml')).toContain('a: "yes"');
  });
});

describe('a removal', () => {
  it.each<[string, string, string | undefined]>([
    ['takes the file of a lone object', text('web'), undefined],
    ['leaves the other objects of a file', `# api\n${text('api')}---\n${text('web')}`, 'api'],
  ])('%s', async (_, content, left) => {
    await write({ 'web.yaml': content, 'other.yaml': text('os') });
    await editor().remove(imageStreams, web, writing);
    expect(await files()).toEqual(left === undefined ? ['other.yaml'] : ['other.yaml', 'web.yaml']);
    expect(names(await editor().list(imageStreams, undefined))).toEqual(
      left === undefined ? ['os'] : [left, 'os'].sort(),
    );
  });
});

describe('what stands twice', () => {
  it('is removed with all that would come to light', async () => {
    await write({ 'a.yaml': text('web'), 'b.yaml': `${text('web')}---\n${text('api')}` });
    await editor().remove(imageStreams, web, writing);
    expect(names(await editor().list(imageStreams, undefined))).toEqual(['api']);
    expect(await files()).toEqual(['b.yaml']);
  });
});

describe('a list', () => {
  it('is of a namespace or of all, in the order of the names, each object once', async () => {
    await write({
      'b.yaml': `${text('web')}---\n${text('api')}`,
      'a/c.json': JSON.stringify(stream('os', 'base')),
      'd.yaml': text('web'),
      'e.yaml': 'kind: Deployment\n',
      'f.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
      'g.yaml': 'apiVersion: v1\nkind: ImageStream\nmetadata: {name: old, namespace: shop}\n',
      'package.json': '[1, 2]',
      'README.md': 'kind: ImageStream',
    });
    const one = editor();
    expect(names(await one.list(imageStreams, undefined))).toEqual(['os', 'api', 'old', 'web']);
    expect(names(await one.list(imageStreams, 'shop'))).toEqual(['api', 'old', 'web']);
    expect(names(await one.list(imageStreams, 'none'))).toEqual([]);
    expect(names(await one.list(namespaces, 'base'))).toEqual(['shop']);
  });

  it.each([
    ['a document that does not parse', `${text('web')}---\nkind: ImageStream\nx: [\n`, 'document 2, line'],
    ['a JSON file that does not parse', '{"kind": "ImageStream",', 'line'],
  ])('names the place of %s', async (_, content, place) => {
    await write({ 'sub/bad.yaml': content });
    await expect(editor().list(imageStreams, undefined)).rejects.toThrow(
      new RegExp(`^${join(folder, 'sub/bad.yaml')}: .*${place}`),
    );
  });

  it('does not mind what does not parse and is of another kind', async () => {
    await write({ 'web.yaml': text('web'), 'chart.yaml': '{{ .Values.x }}\n' });
    expect(names(await editor().list(imageStreams, undefined))).toEqual(['web']);
  });
});

describe('following', () => {
  it('tells what is there, then what changes, until it ends', async () => {
    await write({ 'web.yaml': text('web'), 'os.yaml': text('os', '\n  namespace: base') });
    const told: string[] = [];
    const ending = new AbortController();
    const one = editor();
    const over = one.follow(
      imageStreams,
      'shop',
      (object, isDeleted) =>
        told.push(`${String(objectAt(object, 'metadata').name)} ${annotations(object).join()} ${isDeleted}`),
      ending.signal,
    );
    const tells = (line: string) =>
      eventually(() => expect(told).toContain(line), { describe: line, timeoutMs: 10_000 });
    await tells('web  false');
    await one.change(imageStreams, web, annotate('a'), writing);
    await tells('web a false');
    await one.create(imageStreams, stream('api'), writing);
    await tells('api  false');
    // What does not parse for a moment is passed over.
    await write({ 'bad.yaml': 'kind: ImageStream\nbroken: [\n' });
    await rm(join(folder, 'bad.yaml'));
    await rm(join(folder, 'web.yaml'), { force: true });
    await tells('web a true');
    ending.abort();
    await over;
    expect(told).toEqual(['web  false', 'web a false', 'api  false', 'web a true']);
  });
});
