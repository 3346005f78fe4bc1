import { describe, expect, it } from '@jest/globals';
import {
  importTarget,
  planImport,
  type ImportImageOrder,
  type ImportPlan,
} from '../../src/commands/import-plan.ts';
import { objectAt, type JsonObject } from '../../src/json/untyped.ts';
import { digest } from '../support/objects.ts';

const namespace = 'demo';
type Flags = Partial<ImportImageOrder>;
type Done = Extract<ImportPlan, { ok: true }>;

function plan(arg: string, flags: Flags, stream?: object, setsRepositoryTags = false): ImportPlan {
  const order: ImportImageOrder = { args: arg === '' ? [] : arg.split(' '), namespace, ...flags };
  const target = importTarget(order);
  return target.ok ? planImport(order, target, stream as JsonObject | undefined, setsRepositoryTags) : target;
}

function planned(arg: string, flags: Flags, stream?: object, setsRepositoryTags = false): Done {
  const result = plan(arg, flags, stream, setsRepositoryTags);
  if (!result.ok) throw new Error(result.message);
  return result;
}

/** The spec of the stream that a plan makes of what there is. */
function specOf({ change }: Done, stream?: object): JsonObject {
  return objectAt(change(stream as JsonObject | undefined), 'spec');
}

const docker = (name: string, more: object = {}) => ({
  name,
  from: { kind: 'DockerImage', name: `q.test/web:${name}` },
  ...more,
});
const alias = (name: string, of: string, from: object = {}) => ({
  name,
  from: { kind: 'ImageStreamTag', name: of, ...from },
});

function streamOf(tags: readonly object[], spec: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace, name: 'web', ...metadata },
    spec: { ...spec, tags },
  };
}

const plainPolicies = { importPolicy: { importMode: 'Legacy' }, referencePolicy: { type: 'Source' } };

describe('what an argument names', () => {
  it.each<[string, Flags, string, string]>([
    ['web', {}, 'web', 'latest'],
    ['web:2', {}, 'web', '2'],
    ['web', { all: true }, 'web', ''],
    ['q.test/crew/web:2', {}, 'web', '2'],
  ])('%s %j', (target, flags, name, tag) => {
    expect(importTarget({ args: [target], namespace, ...flags })).toEqual({
      ok: true,
      key: { namespace, name },
      target,
      tag,
    });
  });
});

const full =
  'the image name must be a valid container image pull spec or reference to an image stream (e.g. myregistry/myteam/image:tag)';

describe('what is refused (spec 5.4)', () => {
  const web = streamOf([
    docker('1'),
    alias('also', 'web:1'),
    alias('again', 'also'),
    alias('circle', 'web:circle'),
    alias('other', 'api:1'),
    alias('far', 'web:1', { namespace: 'base' }),
    alias('bad', 'a:b:c'),
    { name: 'image', from: { kind: 'ImageStreamImage', name: `web@${digest('a')}` } },
    { name: 'pushed' },
  ]);
  it.each<[string, string, Flags, object | undefined, string]>([
    ['no name', '', {}, undefined, 'you must specify the name of an image stream'],
    ['two names', 'a b', {}, undefined, 'one image stream at a time, not 2: a, b'],
    ['no name at all', 'UPPER', {}, undefined, full],
    [
      'an image by its digest',
      `web@${digest('a')}`,
      {},
      web,
      "to import images by ID, use the 'tag' command",
    ],
    ['a tag with --all', 'web:1', { all: true }, web, 'cannot specify a tag "web:1" as well as --all'],
    ['a mode', 'web', { importMode: 'Both' }, web, 'valid ImportMode values are Legacy or PreserveOriginal'],
    [
      'a policy',
      'web',
      { referencePolicy: 'Local' },
      web,
      "reference policy must be set to 'source' or 'local'",
    ],
    [
      'a new stream',
      'web',
      {},
      undefined,
      'no image stream named "web" exists, pass --confirm to create and import',
    ],
    [
      'a new stream with --from',
      'web',
      { from: 'q.test/web' },
      undefined,
      'no image stream named "web" exists, pass --confirm to create and import',
    ],
    [
      'a new stream with --all',
      'web',
      { all: true },
      undefined,
      'no image stream named "web" exists, pass --confirm to create and import',
    ],
    [
      'an unknown tag',
      'web:9',
      {},
      web,
      'the tag "9" does not exist on the image stream - choose an existing tag to import or use the \'tag\' command to create a new tag',
    ],
    [
      'latest without a repository',
      'web',
      {},
      web,
      'the tag "latest" does not exist on the image stream - choose an existing tag to import or use the \'tag\' command to create a new tag',
    ],
    [
      'an unknown tag beside a repository',
      'web:9',
      {},
      streamOf([], { dockerImageRepository: 'q.test/web' }),
      'the tag "9" does not exist on the image stream - choose an existing tag to import or use the \'tag\' command to create a new tag',
    ],
    ['a circle', 'web:circle', {}, web, 'tag "circle" on the image stream is a reference to same tag'],
    [
      'an alias of another stream',
      'web:other',
      {},
      web,
      'tag "other" points to an imagestreamtag from another ImageStream',
    ],
    [
      'an alias of another namespace',
      'web:far',
      {},
      web,
      'tag "far" points to an imagestreamtag from another ImageStream',
    ],
    ['an alias that is none', 'web:bad', {}, web, 'tag "bad" points to an invalid imagestreamtag'],
    [
      'an image of a stream',
      'web:image',
      {},
      web,
      `tag "image" points to existing ImageStreamImage "web@${digest('a')}", it cannot be re-imported`,
    ],
    [
      'a tag without a source',
      'web:pushed',
      { from: 'q.test/x' },
      web,
      'tag "pushed" already exists - you must use the \'tag\' command if you want to change the source to "q.test/x"',
    ],
    [
      'another source',
      'web:1',
      { from: 'q.test/x' },
      web,
      'the tag "1" points to "q.test/web:1" - use the \'tag\' command if you want to change the source to "q.test/x"',
    ],
    [
      'another source of an alias',
      'web:again',
      { from: 'q.test/x' },
      web,
      'the tag "again" points to the tag "1" which points to "q.test/web:1" - use the \'tag\' command if you want to change the source to "q.test/x"',
    ],
    [
      'all of nothing',
      'web',
      { all: true },
      streamOf([{ name: 'pushed' }]),
      'image stream does not have tags pointing to external container images',
    ],
    [
      'a repository, unconfirmed',
      'web',
      { all: true, from: 'q.test/web' },
      web,
      'the image stream does not currently import an entire Docker repository, pass --confirm to update',
    ],
    [
      'another repository, unconfirmed',
      'web',
      { all: true, from: 'q.test/b' },
      streamOf([], { dockerImageRepository: 'q.test/a' }),
      'the image stream has a different import spec "q.test/a", pass --confirm to update',
    ],
    [
      'a schedule of a repository',
      'web',
      { all: true, confirm: true, scheduled: true },
      undefined,
      '--scheduled cannot be said of a whole repository: its tags are imported as they are; say it of the tags that matter: pinstream tag --scheduled web:TAG web:TAG',
    ],
  ])('%s', (_, arg, flags, stream, message) => {
    expect(plan(arg, flags, stream)).toEqual({ ok: false, message });
  });
});

describe('a new stream', () => {
  it.each<[string, string, Flags, string, object]>([
    ['of its own name', 'web', {}, 'latest', { name: 'latest', from: { kind: 'DockerImage', name: 'web' } }],
    [
      'of a place',
      'q.test/crew/web:2',
      {},
      '2',
      { name: '2', from: { kind: 'DockerImage', name: 'q.test/crew/web:2' } },
    ],
    [
      'of another place',
      'web:2',
      { from: 'q.test/a:7' },
      '2',
      { name: '2', from: { kind: 'DockerImage', name: 'q.test/a:7' } },
    ],
  ])('%s', (_, arg, flags, tag, expected) => {
    const done = planned(arg, { confirm: true, ...flags });
    expect(done).toMatchObject({ tags: [tag], resets: [] });
    expect(specOf(done)).toEqual({
      lookupPolicy: { local: false },
      tags: [{ ...expected, ...plainPolicies }],
    });
  });

  it.each([
    ['of its own name', 'q.test/web', {}, 'q.test/web'],
    ['of another place', 'web', { from: 'q.test/crew/web' }, 'q.test/crew/web'],
  ])('of a whole repository, %s', (_, arg, flags, repository) => {
    const done = planned(arg, { all: true, confirm: true, ...flags });
    expect(done.tags).toBe('repository');
    expect(specOf(done)).toEqual({ lookupPolicy: { local: false }, dockerImageRepository: repository });
  });
});

describe('a stream that is there', () => {
  it('has all its tags of registries imported, and no others', () => {
    const stream = streamOf([docker('1'), alias('also', '1'), docker('2'), { name: 'pushed' }]);
    const done = planned('web', { all: true }, stream);
    expect(done.tags).toEqual(['1', '2']);
    expect(specOf(done, stream).tags).toEqual([
      docker('1', plainPolicies),
      alias('also', '1'),
      docker('2', plainPolicies),
      { name: 'pushed' },
    ]);
  });

  it.each([
    ['its own', {}, 'q.test/web'],
    ['its own, named', { from: 'q.test/web' }, 'q.test/web'],
    ['another one, confirmed', { from: 'q.test/other', confirm: true }, 'q.test/other'],
  ])('has its whole repository imported: %s', (_, flags, repository) => {
    const stream = streamOf([docker('1')], { dockerImageRepository: 'q.test/web' });
    const done = planned('web', { all: true, ...flags }, stream);
    expect(done.tags).toBe('repository');
    expect(specOf(done, stream)).toEqual({ dockerImageRepository: repository, tags: [docker('1')] });
  });

  it('takes latest of its repository', () => {
    const stream = streamOf([], { dockerImageRepository: 'q.test/web' });
    const done = planned('web', {}, stream);
    expect(done.tags).toEqual(['latest']);
    expect(specOf(done, stream).tags).toEqual([
      { name: 'latest', from: { kind: 'DockerImage', name: 'q.test/web' }, ...plainPolicies },
    ]);
  });

  it('takes a new tag without --confirm', () => {
    const stream = streamOf([docker('1')]);
    const done = planned('web:2', { from: 'q.test/web:2' }, stream);
    expect(done.tags).toEqual(['2']);
    expect(specOf(done, stream).tags).toEqual([docker('1'), docker('2', plainPolicies)]);
  });

  it.each([
    ['1', '1'],
    ['also', '1'],
    ['again', '1'],
  ])('imports what %s follows', (tag, expected) => {
    const stream = streamOf([docker('1'), alias('also', 'web:1'), alias('again', 'also')]);
    expect(planned(`web:${tag}`, {}, stream).tags).toEqual([expected]);
    expect(planned(`web:${tag}`, { from: 'q.test/web:1' }, stream).tags).toEqual([expected]);
  });
});

describe('policies', () => {
  const preserved = { importPolicy: { importMode: 'PreserveOriginal' } };
  it.each<[string, object, Flags, object]>([
    [
      'a schedule stays',
      { importPolicy: { scheduled: true } },
      {},
      { ...plainPolicies, importPolicy: { scheduled: true, importMode: 'Legacy' } },
    ],
    [
      'a schedule stays though it is switched off',
      { importPolicy: { scheduled: true } },
      { scheduled: false },
      { ...plainPolicies, importPolicy: { scheduled: true, importMode: 'Legacy' } },
    ],
    [
      'a schedule begins',
      {},
      { scheduled: true },
      { ...plainPolicies, importPolicy: { scheduled: true, importMode: 'Legacy' } },
    ],
    [
      'plain HTTP stays',
      { importPolicy: { insecure: true } },
      { insecure: false },
      { ...plainPolicies, importPolicy: { insecure: true, importMode: 'Legacy' } },
    ],
    [
      'plain HTTP begins',
      {},
      { insecure: true },
      { ...plainPolicies, importPolicy: { insecure: true, importMode: 'Legacy' } },
    ],
    ['the mode is set back', preserved, {}, plainPolicies],
    ['the mode is set', {}, { importMode: 'PreserveOriginal' }, { ...plainPolicies, ...preserved }],
    [
      'a policy stays',
      { referencePolicy: { type: 'Local' } },
      { referencePolicy: 'source' },
      { ...plainPolicies, referencePolicy: { type: 'Local' } },
    ],
    [
      'a policy that is source stays',
      { referencePolicy: { type: 'Source' } },
      { referencePolicy: 'local' },
      plainPolicies,
    ],
    [
      'a policy is set where there is none',
      {},
      { referencePolicy: 'local' },
      { ...plainPolicies, referencePolicy: { type: 'Local' } },
    ],
    ['annotations stay', { annotations: { a: 'b' } }, {}, { annotations: { a: 'b' }, ...plainPolicies }],
    ['a reference stays one', { reference: true }, {}, { reference: true, ...plainPolicies }],
  ])('%s', (_, old, flags, expected) => {
    const stream = streamOf([docker('1', old)]);
    expect(specOf(planned('web:1', flags, stream), stream).tags).toEqual([docker('1', expected)]);
  });

  it('says what is lost', () => {
    const stream = streamOf([docker('1', preserved), docker('2')]);
    expect(planned('web', { all: true }, stream).resets).toEqual([
      'web:1: one platform is imported instead of all (--import-mode PreserveOriginal)',
    ]);
    expect(planned('web', { all: true, importMode: 'PreserveOriginal' }, stream).resets).toEqual([]);
  });

  it('of a whole repository go to a server that makes its tags', () => {
    const flags = {
      all: true,
      confirm: true,
      from: 'q.test/web',
      scheduled: true,
      insecure: true,
      referencePolicy: 'local',
      importMode: 'PreserveOriginal',
    };
    const done = planned('web', flags, undefined, true);
    expect(done.policy).toEqual({
      importPolicy: { scheduled: true, insecure: true, importMode: 'PreserveOriginal' },
      referencePolicy: { type: 'Local' },
    });
    expect(done.change(undefined).metadata).toEqual({ name: 'web', namespace });
  });

  it('of a whole repository are said elsewhere where nobody makes its tags, but for plain HTTP', () => {
    const done = planned('web', { all: true, confirm: true, insecure: true });
    expect(done.change(undefined).metadata).toMatchObject({
      annotations: { 'openshift.io/image.insecureRepository': 'true' },
    });
  });

  it('are applied to the stream as it is by then', () => {
    const done = planned('web:1', {}, streamOf([docker('1')]));
    const later = streamOf([docker('1', { importPolicy: { scheduled: true } }), docker('2')]);
    expect(specOf(done, later).tags).toEqual([
      docker('1', { ...plainPolicies, importPolicy: { scheduled: true, importMode: 'Legacy' } }),
      docker('2'),
    ]);
  });
});
