import { describe, expect, it } from '@jest/globals';
import { namespaces } from '../../src/commands/kinds.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import { closedStream, namespace, openStream } from '../support/objects.ts';
import { verbRun } from '../support/verb-run.ts';

const label = 'pinstream.dev/image-lookup';
const all = [
  namespace('base', { [label]: 'all', team: 'a' }),
  namespace('kube-system'),
  namespace('low', { 'openshift.io/run-level': '1' }),
  namespace('odd', { [label]: 'al' }),
  namespace('shop', { team: 'b' }),
  openStream('base', 'php', ['8']),
  closedStream('base', 'perl', ['5']),
  openStream('kube-system', 'dns', ['1']),
  openStream('shop', 'api', ['1']),
  closedStream('shop', 'web', ['1']),
];

const set = (words: string, options: Parameters<typeof verbRun>[1] = {}) =>
  verbRun(['set', 'namespace-lookup', ...words.split(' ').filter((word) => word !== '')], {
    objects: memoryObjects(all),
    ...options,
  });

describe('the table', () => {
  const heading = 'NAME  LOOKUP  STREAMS  OPEN\n';
  it('is of all namespaces', async () => {
    expect(await set('')).toEqual({
      code: 0,
      err: '',
      out: `NAME         LOOKUP                                      STREAMS  OPEN
base         all                                         2        2
kube-system  exempt                                      1        0
low          exempt                                      0        0
odd          enabled (the label's "al" is no such word)  0        0
shop         enabled                                     2        1
`,
    });
  });

  it('is of the one that is named', async () => {
    const out = 'NAME  LOOKUP   STREAMS  OPEN\nshop  enabled  2        1\n';
    expect(await set('-n shop')).toEqual({ code: 0, out, err: '' });
  });

  it('is of the own namespace for who may see no other', async () => {
    const limits = { forbiddenEverywhere: ['namespaces', 'imagestreams.image.openshift.io'] };
    const { code, out, err } = await set('', { objects: memoryObjects(all, limits) });
    expect({ code, out }).toEqual({
      code: 0,
      out: 'NAME  LOOKUP   STREAMS  OPEN\nshop  enabled  2        1\n',
    });
    expect(err).toMatch(/you may not list namespaces: only shop is shown/);
  });

  it('knows namespaces of a folder by their streams', async () => {
    const objects = memoryObjects([openStream('shop', 'api', ['1'])]);
    const { out } = await set('', { objects, kind: 'directory' });
    expect(out).toBe('NAME  LOOKUP   STREAMS  OPEN\nshop  enabled  1        1\n');
    expect((await set('', { objects: memoryObjects(), kind: 'directory' })).out).toBe(heading);
  });
});

describe('a change', () => {
  it.each([
    [
      'fallback',
      { [label]: 'fallback', team: 'b' },
      'namespace/shop image lookup set to fallback (was enabled)\n',
    ],
    ['all -n base', undefined, ''],
    ['enabled -n base', { team: 'a' }, 'namespace/base image lookup set to enabled (was all)\n'],
    ['disabled -n odd', { [label]: 'disabled' }, 'namespace/odd image lookup set to disabled (was al)\n'],
    ['enabled', undefined, ''],
  ])('%s', async (words, labels, out) => {
    const objects = memoryObjects(all);
    const run = await set(words, { objects });
    expect(run).toMatchObject({ code: 0, out });
    expect(run.err).toBe(
      out === ''
        ? `namespace/${words.includes('base') ? 'base: image lookup is all' : 'shop: image lookup is enabled'} already\n`
        : '',
    );
    const [, , name = 'shop'] = words.split(' ');
    const written = objects.get(namespaces, { namespace: '', name })?.metadata as { labels?: object };
    if (labels !== undefined) expect(written.labels).toEqual(labels);
    expect(objects.writes).toHaveLength(labels === undefined ? 0 : 1);
  });

  it('takes the last label with it', async () => {
    const objects = memoryObjects([namespace('shop', { [label]: 'all' })]);
    await set('enabled', { objects });
    expect(objects.get(namespaces, { namespace: '', name: 'shop' })?.metadata).toEqual({ name: 'shop' });
  });

  it.each([
    ['all --dry-run', 'namespace/shop image lookup set to all (was enabled) (dry run)\n'],
    ['all --dry-run=server', 'namespace/shop image lookup set to all (was enabled) (server dry run)\n'],
  ])('%s writes nothing', async (words, out) => {
    const objects = memoryObjects(all);
    expect(await set(words, { objects })).toEqual({ code: 0, out, err: '' });
    expect(objects.writes).toEqual([]);
  });

  it.each([
    ['kube-system', 'it is among lookup.exemptNamespaces of the configuration'],
    ['low', 'it has run level 0 or 1'],
  ])('says that %s is left alone anyway', async (name, why) => {
    const { err } = await set(`all -n ${name}`);
    expect(err).toBe(`the webhook leaves the namespace ${name} alone anyway: ${why}\n`);
  });

  it('makes the Namespace in a folder that has none', async () => {
    const objects = memoryObjects();
    expect(await set('all', { objects, kind: 'directory' })).toMatchObject({ code: 0, err: '' });
    expect(objects.get(namespaces, { namespace: '', name: 'shop' })).toEqual(
      namespace('shop', { [label]: 'all' }),
    );
  });

  it('makes none for what counts anyway', async () => {
    const objects = memoryObjects();
    await set('enabled', { objects, kind: 'directory' });
    expect(objects.writes).toEqual([]);
  });
});

it.each([
  ['on', 'error: "on" is not one of enabled, all, fallback, disabled\n'],
  ['all fallback', 'error: one word at most: one of enabled, all, fallback, disabled\n'],
  ['all -n gone', 'Error from server (NotFound): namespaces "gone" not found\n'],
])('refuses %s', async (words, message) => {
  const { code, out, err } = await set(words);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err.startsWith(message)).toBe(true);
});
