import { describe, expect, test } from '@jest/globals';
import { readImageStream } from '../../src/imagestream/read.ts';
import { validateStream } from '../../src/imagestream/validate.ts';
import type { ValidationSettings } from '../../src/imagestream/validation.ts';
import { judgeImport, parseAllowedRegistries } from '../../src/policy/import-allow-list.ts';
import { vectorGroup } from '../support/vectors.ts';
import { aliasOf, digestOf, eventOf, importedFrom } from './streams.ts';

const streams = [
  {
    metadata: { namespace: 'base', name: 'os' },
    status: { tags: [{ tag: '9', items: [eventOf('a')] }] },
  },
  { metadata: { namespace: 'demo', name: 'other' }, status: { tags: [{ tag: '1', items: [eventOf('b')] }] } },
].map(readImageStream);

const settings: ValidationSettings = {
  internalRegistryHostname: '',
  findStream: ({ namespace, name }) =>
    streams.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
};

const stream = (tags: readonly object[], spec: object = {}, more: object = {}) => ({
  metadata: { namespace: 'demo', name: 'web' },
  spec: { tags, ...spec },
  ...more,
});
const image = (more: object = {}) => importedFrom('v1', 'reg.acme.test/crew/web:v1', more);
const from = (kind: string, name: string, namespace?: string) => ({
  name: 'v1',
  from: { kind, name, ...(namespace === undefined ? {} : { namespace }) },
});
const named = (name: string, namespace = 'demo') => ({ metadata: { namespace, name }, spec: {} });

const created = (raw: unknown, more: Partial<ValidationSettings> = {}) =>
  validateStream(raw, undefined, { ...settings, ...more });
const summary = (raw: unknown) =>
  created(raw).errors.map(({ reason, field, message }) => [reason, field, message]);

describe('a new stream', () => {
  test.each([
    ['a name and nothing else', named('web')],
    ['signs in its name', named('a1.b_c-d')],
    [
      'everything that there is',
      stream([
        image({
          importPolicy: { scheduled: true, importMode: 'PreserveOriginal', insecure: true },
          referencePolicy: { type: 'Source' },
          reference: false,
          generation: 0,
          annotations: null,
        }),
      ]),
    ],
    [
      'empty texts for defaults',
      stream([image({ importPolicy: { importMode: '' }, referencePolicy: { type: '' } })]),
    ],
    ['a tag without a source', stream([{ name: 'v1' }])],
    ['a source that is null', stream([{ name: 'v1', from: null }])],
    ['a whole repository', stream([], { dockerImageRepository: 'quay.io/team/app' })],
    ['a chain of aliases', stream([image(), aliasOf('a', 'v1'), aliasOf('b', 'web:a')])],
    ['the longest tag', stream([{ name: 'v'.repeat(128) }])],
    ['lists that are null', { ...named('web'), spec: { tags: null }, status: null }],
  ])('is fine with %s', (_title, raw) => {
    expect(created(raw)).toEqual({ errors: [], warnings: [], foreignSources: [] });
  });

  test.each([
    ['upper case', named('Web'), 'FieldValueInvalid', 'metadata.name', 'is no name for an image stream'],
    ['two signs', named('a--b'), 'FieldValueInvalid', 'metadata.name', '"a--b" is no name'],
    [
      'a name too long with its namespace',
      named('a'.repeat(250), 'namespace'),
      'FieldValueInvalid',
      'metadata.name',
      '260 characters together, at most 255',
    ],
    [
      'signs that no tag has',
      stream([{ name: 'a b' }]),
      'FieldValueInvalid',
      'spec.tags[a b].name',
      '"a b" is no tag',
    ],
    [
      'a tag that begins with a sign',
      stream([{ name: '-a' }]),
      'FieldValueInvalid',
      'spec.tags[-a].name',
      'no tag',
    ],
    [
      'a tag without a name',
      stream([{ from: null }]),
      'FieldValueInvalid',
      'spec.tags[].name',
      '"" is no tag',
    ],
    [
      'a tag that is too long',
      stream([{ name: 'v'.repeat(129) }]),
      'FieldValueInvalid',
      `spec.tags[${'v'.repeat(129)}].name`,
      'at most 128',
    ],
    [
      'a kind that is none',
      stream([from('Image', 'x')]),
      'FieldValueNotSupported',
      'spec.tags[v1].from.kind',
      'there are DockerImage, ImageStreamTag, ImageStreamImage',
    ],
    [
      'an image that does not parse',
      stream([from('DockerImage', 'https://x/y')]),
      'FieldValueInvalid',
      'spec.tags[v1].from.name',
      '"https://x/y" is no image reference',
    ],
    [
      'his-44: too many colons',
      stream([from('ImageStreamTag', 'a:b:c')]),
      'FieldValueInvalid',
      'spec.tags[v1].from.name',
      'TAG or STREAM:TAG',
    ],
    [
      'a schedule for an alias',
      stream([{ ...aliasOf('v1', 'web:x'), importPolicy: { scheduled: true } }, { name: 'x' }]),
      'FieldValueInvalid',
      'spec.tags[v1].importPolicy.scheduled',
      'from an ImageStreamTag',
    ],
    [
      'an unknown mode',
      stream([image({ importPolicy: { importMode: 'Both' } })]),
      'FieldValueNotSupported',
      'spec.tags[v1].importPolicy.importMode',
      '"Both" is not known; there are Legacy and PreserveOriginal',
    ],
    [
      'a mode that is no text',
      stream([image({ importPolicy: { importMode: 1 } })]),
      'FieldValueNotSupported',
      'spec.tags[v1].importPolicy.importMode',
      '1 is not known',
    ],
    [
      'an unknown policy',
      stream([image({ referencePolicy: { type: 'local' } })]),
      'FieldValueNotSupported',
      'spec.tags[v1].referencePolicy.type',
      '"local" is not known; there are Source and Local',
    ],
    [
      'a repository with a tag',
      stream([], { dockerImageRepository: 'quay.io/a/b:1' }),
      'FieldValueInvalid',
      'spec.dockerImageRepository',
      'without tag or digest',
    ],
    [
      'a repository with a digest',
      stream([], { dockerImageRepository: `quay.io/a/b@${digestOf('a')}` }),
      'FieldValueInvalid',
      'spec.dockerImageRepository',
      'without tag or digest',
    ],
    [
      'a repository that is a registry',
      stream([], { dockerImageRepository: 'quay.io' }),
      'FieldValueInvalid',
      'spec.dockerImageRepository',
      'no repository in it',
    ],
    [
      'a repository that does not parse',
      stream([], { dockerImageRepository: 'quay.io/A' }),
      'FieldValueInvalid',
      'spec.dockerImageRepository',
      'must be lowercase',
    ],
    [
      'a circle',
      stream([aliasOf('b', 'a'), aliasOf('a', 'b')]),
      'FieldValueInvalid',
      'spec.tags[a].from.name',
      'tags a -> b -> a follow each other in a circle',
    ],
    [
      'a tag that follows itself',
      stream([aliasOf('a', 'web:a')]),
      'FieldValueInvalid',
      'spec.tags[a].from.name',
      'tags a -> a follow each other in a circle',
    ],
    [
      'his-42: a stream of another namespace that is not there',
      stream([from('ImageStreamTag', 'nosuch:1', 'base')]),
      'FieldValueNotFound',
      'spec.tags[v1].from.name',
      'no image stream "nosuch" in namespace "base"',
    ],
    [
      'his-43: an image that is in no history',
      stream([from('ImageStreamImage', `os@${digestOf('f')}`, 'base')]),
      'FieldValueInvalid',
      'spec.tags[v1].from.name',
      'no image "sha256:f',
    ],
    [
      'an image that is not in the own history',
      stream([from('ImageStreamImage', digestOf('f'))]),
      'FieldValueInvalid',
      'spec.tags[v1].from.name',
      'history of image stream "web"',
    ],
  ])('is refused for %s', (_title, raw, reason, field, message) => {
    expect(summary(raw)).toEqual([[reason, field, expect.stringContaining(message)]]);
  });

  test('says everything that is wrong at once', () => {
    const tags = [from('DockerImage', 'A B'), { name: '.', referencePolicy: { type: 'x' } }];
    expect(
      created(stream(tags, { dockerImageRepository: 'a:b:c' })).errors.map(({ field }) => field),
    ).toEqual([
      'spec.dockerImageRepository',
      'spec.tags[v1].from.name',
      'spec.tags[.].name',
      'spec.tags[.].referencePolicy.type',
    ]);
  });

  test.each([null, undefined, 7, [], {}, { metadata: null, spec: 'x' }, { spec: { tags: [null, 1, {}] } }])(
    'of any shape is judged, not crashed on: %o',
    (raw) => {
      expect(created(raw).errors).not.toEqual([]);
    },
  );
});

describe('warnings of a new stream', () => {
  const local = [image({ referencePolicy: { type: 'Local' } })];
  const localFrom = (tag: string, kind: string, name: string) => ({
    ...from(kind, name),
    name: tag,
    referencePolicy: { type: 'Local' },
  });
  const following = stream(
    [
      localFrom('v1', 'ImageStreamTag', 'other:1'),
      localFrom('v2', 'ImageStreamImage', `other@${digestOf('b')}`),
      localFrom('v3', 'ImageStreamTag', 'v4'),
      { name: 'v4', referencePolicy: { type: 'Local' } },
    ],
    {},
    { status: { tags: [{ tag: 'v4', items: [eventOf('a')] }] } },
  );
  const cached = { localRegistry: [{ source: 'reg.acme.test/crew', target: 'cache.test/acme' }] };
  const cachedElsewhere = { localRegistry: [{ source: 'quay.io', target: 'cache.test' }] };

  test.each([
    [
      'a local policy without a registry',
      stream(local),
      {},
      ['spec.tags[v1]: policy Local, but there is no registry'],
    ],
    ['not with a registry', stream(local), { internalRegistryHostname: 'int.test' }, []],
    [
      'nor with a repository of its own',
      stream(local, {}, { status: { dockerImageRepository: 'int/demo/web' } }),
      {},
      [],
    ],
    ['nor with a cache of the source', stream(local), cached, []],
    [
      'a local policy with caches of other sources only',
      stream(local),
      cachedElsewhere,
      ['spec.tags[v1]: policy Local, but no cache of localRegistry holds reg.acme.test/crew/web;'],
    ],
    [
      'a local policy that follows what no cache holds, of any kind',
      following,
      cachedElsewhere,
      ['v1', 'v2', 'v3', 'v4'].map((tag) => `spec.tags[${tag}]: policy Local, but no cache`),
    ],
    ['not one that follows what a cache holds', following, cached, []],
    [
      'nothing of caches where what it follows has no image yet',
      stream([localFrom('v1', 'ImageStreamTag', 'other:2')]),
      cachedElsewhere,
      ['other:2 has no image yet'],
    ],
    [
      'a tag that is not there',
      stream([from('ImageStreamTag', 'zzz')]),
      {},
      ['spec.tags[v1].from.name: there is no tag "zzz" yet'],
    ],
    [
      'not one that was pushed',
      stream(
        [from('ImageStreamTag', 'zzz')],
        {},
        { status: { tags: [{ tag: 'zzz', items: [eventOf('a')] }] } },
      ),
      {},
      [],
    ],
    [
      'a stream of the same namespace that is not there',
      stream([from('ImageStreamTag', 'nosuch:1')]),
      {},
      ['no image stream "nosuch" in namespace "demo" yet'],
    ],
    [
      'a tag of another stream without an image (his-41)',
      stream([from('ImageStreamTag', 'os:8', 'base')]),
      {},
      ['os:8 has no image yet'],
    ],
    ['not one with', stream([from('ImageStreamTag', 'other:1')]), {}, []],
  ])('%s', (_title, raw, more, warnings) => {
    const judgement = created(raw, more);
    expect(judgement.errors).toEqual([]);
    expect(judgement.warnings).toEqual(warnings.map((text) => expect.stringContaining(text)));
  });
});

describe('sources in other namespaces', () => {
  test('are named one a tag, in any of the stream kinds, and only in other namespaces', () => {
    const tags = [
      from('ImageStreamTag', 'os:9', 'base'),
      { ...from('ImageStreamImage', `os@${digestOf('a')}`, 'base'), name: 'v2' },
      { ...from('ImageStreamTag', 'other:1', 'demo'), name: 'v3' },
      { ...from('DockerImage', 'x/y', 'base'), name: 'v4' },
    ];
    expect(created(stream(tags))).toEqual({
      errors: [],
      warnings: [],
      foreignSources: ['v1', 'v2'].map((tag) => ({
        stream: { namespace: 'base', name: 'os' },
        field: `spec.tags[${tag}].from.name`,
      })),
    });
  });

  test.each([
    ['an unchanged tag', {}, {}, 0],
    ['another annotation', {}, { annotations: { a: 'b' } }, 0],
    ['generation 0 that was there', { generation: 0 }, { generation: 0 }, 0],
    ['generation 0 that is new', { generation: 3 }, { generation: 0 }, 1],
    ['a reference now', {}, { reference: true }, 1],
  ])('on an update, %s', (_title, before, after, asked) => {
    const tag = from('ImageStreamTag', 'nosuch:9', 'base');
    const judgement = validateStream(
      stream([{ ...tag, ...after }]),
      stream([{ ...tag, ...before }]),
      settings,
    );
    expect(judgement.foreignSources).toHaveLength(asked);
    expect(judgement.errors).toHaveLength(asked);
  });
});

describe('an update of a stream that is wrong already', () => {
  const wrong = {
    metadata: { namespace: 'demo', name: 'Not--Valid' },
    spec: {
      dockerImageRepository: 'a:b:c',
      tags: [
        { name: 'a b', from: { kind: 'DockerImage', name: 'A B' }, importPolicy: { importMode: 'x' } },
        aliasOf('a', 'Not--Valid:b'),
        aliasOf('b', 'Not--Valid:a'),
        { name: 'c', referencePolicy: { type: 'Local' } },
      ],
    },
  };
  const changed = (tags: readonly object[]) => ({ ...wrong, spec: { ...wrong.spec, tags } });
  const [bad = {}, a = {}, b = {}, c = {}] = wrong.spec.tags;
  const fields = (raw: object) => validateStream(raw, wrong, settings).errors.map(({ field }) => field);

  test.each([
    ['a label', { ...wrong, metadata: { ...wrong.metadata, labels: { a: 'b' } } }, []],
    ['one repair of several', changed([a, b, c]), []],
    ['an annotation of the bad tag', changed([{ ...bad, annotations: { a: 'b' } }, a, b, c]), []],
    [
      'another bad source',
      changed([{ ...bad, from: { kind: 'DockerImage', name: 'B A' } }, a, b, c]),
      ['spec.tags[a b].from.name'],
    ],
    [
      'the circle made larger',
      changed([bad, aliasOf('a', 'd'), b, c, aliasOf('d', 'b')]),
      ['spec.tags[a].from.name'],
    ],
    ['the circle broken', changed([bad, { name: 'a' }, b, c]), []],
    ['a new bad tag', changed([bad, a, b, c, { name: '/' }]), ['spec.tags[/].name']],
  ])('%s', (_title, raw, errors) => {
    expect(fields(raw)).toEqual(errors);
  });

  test('warns of a local policy again when its source changes', () => {
    const tag = { name: 'c', referencePolicy: { type: 'Local' }, from: { kind: 'DockerImage', name: 'x/y' } };
    expect(validateStream(changed([bad, a, b, tag]), wrong, settings).warnings).toHaveLength(1);
  });

  test('warns of nothing that was there before', () => {
    expect(validateStream(wrong, wrong, settings).warnings).toEqual([]);
  });
});

interface AllowVector {
  readonly id: string;
  readonly entries: readonly { readonly domainName: string; readonly insecure?: boolean }[];
  readonly via: string;
  readonly reference: string;
  readonly insecure: boolean;
  readonly why: string;
  readonly expect: { readonly allowed: boolean; readonly message?: string };
}

describe('where a stream may import from', () => {
  const mayImport =
    (entries: AllowVector['entries']): NonNullable<ValidationSettings['mayImport']> =>
    (reference, insecure) => {
      const parsed = parseAllowedRegistries(entries);
      if (!parsed.ok) throw new Error(parsed.errors.join());
      const { allowList } = parsed;
      const internalRegistryHostname = 'reg.internal:5000';
      const verdict = judgeImport({
        via: 'imagestream',
        reference,
        insecure,
        allowList,
        internalRegistryHostname,
      });
      return verdict.allowed ? undefined : verdict.message;
    };
  /** The stored stream of alw-23 and alw-24 uses this repository. */
  const before = stream(
    [],
    {},
    {
      status: {
        tags: [{ tag: '1', items: [{ dockerImageReference: 'old.acme.test/crew/web:1', image: '' }] }],
      },
    },
  );
  const rows = vectorGroup<AllowVector>('allowedRegistries').filter(([, { via }]) => via === 'imagestream');

  test('there are vectors', () => {
    expect(rows.length).toBeGreaterThan(5);
  });

  test.each(rows)('%s', (_id, { entries, reference, insecure, expect: { allowed, message } }) => {
    const raw = stream([importedFrom('v1', reference, { importPolicy: { insecure } })]);
    const { errors } = validateStream(raw, before, { ...settings, mayImport: mayImport(entries) });
    const internal = '"reg.internal:5000", ';
    const shown = errors.map((error) => ({ ...error, message: error.message.replace(internal, '') }));
    const field = 'spec.tags[v1].from.name';
    if (allowed) expect(errors).toEqual([]);
    else if (entries.length > 5) expect(errors).toMatchObject([{ reason: 'FieldValueForbidden', field }]);
    else expect(shown).toEqual([{ reason: 'FieldValueForbidden', field, message }]);
  });

  test.each([
    [
      'a whole repository is judged',
      stream([], { dockerImageRepository: 'bad.test/a/b' }),
      ['spec.dockerImageRepository'],
    ],
    [
      'what is there already is not',
      stream([importedFrom('v1', 'old.acme.test/crew/web:2', { generation: 7 })]),
      [],
    ],
    [
      'an insecure stream asks for insecure registries',
      {
        ...stream([importedFrom('v1', 'http.test/a/b')]),
        metadata: {
          namespace: 'demo',
          name: 'web',
          annotations: { 'openshift.io/image.insecureRepository': 'true' },
        },
      },
      [],
    ],
    ['a secure one does not', stream([importedFrom('v1', 'http.test/a/b')]), ['spec.tags[v1].from.name']],
  ])('%s', (_title, raw, fields) => {
    const allowed = mayImport([{ domainName: 'http.test', insecure: true }]);
    const { errors } = validateStream(raw, before, { ...settings, mayImport: allowed });
    expect(errors.map(({ field }) => field)).toEqual(fields);
  });

  test('only what is new is asked about', () => {
    const asked: string[] = [];
    const note: ValidationSettings['mayImport'] = ({ registry }) => {
      asked.push(registry);
      return undefined;
    };
    const tags = [importedFrom('v1', 'old.test/a/b'), importedFrom('v2', 'moved.test/a/b')];
    const next = [
      importedFrom('v1', 'old.test/a/b', { importPolicy: { insecure: true } }),
      importedFrom('v2', 'new.test/a/b'),
    ];
    validateStream(stream(next), stream(tags), { ...settings, mayImport: note });
    expect(asked).toEqual(['new.test']);
  });
});
