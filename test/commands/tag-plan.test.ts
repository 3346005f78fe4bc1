import { describe, expect, it } from '@jest/globals';
import { parseTagArgument } from '../../src/commands/stream-argument.ts';
import type { SpecTagObject } from '../../src/commands/stream-object.ts';
import {
  foundSource,
  missingImage,
  planTag,
  specTagFor,
  tagMessage,
  type TagOrder,
  type TagPlan,
} from '../../src/commands/tag-plan.ts';
import { tagResets } from '../../src/commands/tag-resets.ts';
import { digest } from '../support/objects.ts';
import { vectorGroup } from '../support/vectors.ts';

const namespace = 'demo';
type SetPlan = Extract<TagPlan, { kind: 'set' }>;

function plan(args: string, flags: Partial<TagOrder> = {}): TagPlan {
  return planTag({ args: args.split(' ').filter((word) => word !== ''), namespace, ...flags });
}

function setPlan(args: string, flags: Partial<TagOrder> = {}): SetPlan {
  const planned = plan(args, flags);
  if (planned.kind !== 'set') throw new Error(`${args}: ${JSON.stringify(planned)}`);
  return planned;
}

/** A stream whose tags stand for one image each. */
function streamOf(name: string, images: Readonly<Record<string, string>>, within = namespace): object {
  return {
    metadata: { namespace: within, name },
    status: {
      tags: Object.entries(images).map(([tag, image]) => ({
        tag,
        items: [
          image.startsWith('sha256:')
            ? { created: '2026-01-01T00:00:00Z', dockerImageReference: `q.test/${name}@${image}`, image }
            : { created: '2026-01-01T00:00:00Z', dockerImageReference: image, image: '' },
        ],
      })),
    },
  };
}

interface SourceVector {
  readonly id: string;
  readonly source: string;
  readonly sourceFlag: string;
  readonly alias: boolean;
  readonly expect: {
    readonly error?: string;
    readonly fromKind?: string;
    readonly fromNamespace?: string;
    readonly fromName?: string;
  };
}

describe('what a source is (vectors ocTagSourceKind)', () => {
  const current = digest('b');
  it.each(vectorGroup<SourceVector>('ocTagSourceKind'))('%s', (_, vector) => {
    // osk-04 names an alias: it stays inside its stream.
    const planned = plan(`${vector.source} web:new`, { source: vector.sourceFlag, alias: vector.alias });
    if (vector.expect.error !== undefined) {
      expect(planned).toEqual({ kind: 'refused', message: vector.expect.error });
      return;
    }
    if (planned.kind !== 'set') throw new Error(JSON.stringify(planned));
    const key = planned.source.lookUp;
    const stream = key && streamOf(key.name, { 1: current, 9: current }, key.namespace);
    const found = foundSource(planned.source, stream as never);
    if (!found.ok) throw new Error(found.message);
    const [destination] = planned.destinations;
    if (destination === undefined) throw new Error('no destination');
    const { from } = specTagFor(found.value, destination, planned.wish, namespace);
    const { fromKind, fromName, fromNamespace } = vector.expect;
    expect(from).toEqual({
      kind: fromKind,
      name: fromName,
      ...(fromNamespace !== undefined && { namespace: fromNamespace }),
    });
  });

  it('has all of them', () => expect(vectorGroup('ocTagSourceKind')).toHaveLength(9));

  it.each([
    ['imagestreamtag', 'web:1', 'ImageStreamTag'],
    ['istag', 'web:1', 'ImageStreamTag'],
    ['IsTags', 'web:1', 'ImageStreamTag'],
    ['imagestreamimage', `web@${digest('a')}`, 'ImageStreamImage'],
    ['isimage', `web@${digest('a')}`, 'ImageStreamImage'],
    ['docker', 'web:1', 'DockerImage'],
    ['DockerImage', 'web:1', 'DockerImage'],
  ])('--source=%s', (source, text, kind) => {
    expect(setPlan(`${text} web:2`, { source }).source.kind).toBe(kind);
  });
});

const importing = { scheduled: true };
const usage = 'you must specify a source and at least one destination or one or more tags to delete';

describe('what is refused (spec 5.3)', () => {
  it.each<[string, string, Partial<TagOrder>, string]>([
    [
      'an alias that is deleted',
      'web:1',
      { alias: true, delete: true },
      '--alias and --delete may not be both specified',
    ],
    [
      'an alias on schedule',
      'web:1 web:2',
      { alias: true, ...importing },
      'cannot set a container image tag as an alias and also set import flags',
    ],
    [
      'an insecure alias',
      'web:1 web:2',
      { alias: true, insecure: true },
      'cannot set a container image tag as an alias and also set import flags',
    ],
    [
      'an alias of another stream',
      'web:1 api:1',
      { alias: true },
      'cannot set alias across different Image Streams',
    ],
    [
      'an alias of another namespace',
      'web:1 base/web:2',
      { alias: true },
      'cannot set alias across different Image Streams',
    ],
    [
      'one alias of several',
      'web:1 web:2 api:1',
      { alias: true },
      'cannot set alias across different Image Streams',
    ],
    [
      'deleting with a source kind',
      'web:1',
      { delete: true, source: 'docker' },
      'cannot specify a source kind when deleting',
    ],
    [
      'deleting on schedule',
      'web:1',
      { delete: true, ...importing },
      'cannot set flags for importing images when deleting a tag',
    ],
    [
      'deleting insecurely',
      'web:1',
      { delete: true, insecure: true },
      'cannot set flags for importing images when deleting a tag',
    ],
    [
      'deleting with a mode',
      'web:1',
      { delete: true, importMode: 'Legacy' },
      'cannot set an import mode when deleting a tag',
    ],
    ['a schedule of a tag', 'web:1 web:2', importing, 'only container images can have importing flags set'],
    [
      'an insecure image of a stream',
      `web@${digest('a')} web:2`,
      { insecure: true },
      'only container images can have importing flags set',
    ],
    [
      'a policy in capitals',
      'q.test/a:1 web:2',
      { referencePolicy: 'Local' },
      "reference policy must be set to 'source' or 'local'",
    ],
    [
      'an empty policy',
      'q.test/a:1 web:2',
      { referencePolicy: '' },
      "reference policy must be set to 'source' or 'local'",
    ],
    [
      'a mode that there is not',
      'q.test/a:1 web:2',
      { importMode: 'Both' },
      'valid ImportMode values are Legacy or PreserveOriginal',
    ],
    [
      'a mode in small letters',
      'q.test/a:1 web:2',
      { importMode: 'legacy' },
      'valid ImportMode values are Legacy or PreserveOriginal',
    ],
    ['a destination without a tag', 'q.test/a:1 web', {}, '"web" must be of the form <stream_name>:<tag>'],
    ['one with an empty tag', 'q.test/a:1 web:', {}, '"web:" must be of the form <stream_name>:<tag>'],
    ['one with two tags', 'q.test/a:1 web:1:2', {}, '"web:1:2" must be of the form <stream_name>:<tag>'],
    ['one with a registry', 'q.test/a:1 q.test/crew/web:1', {}, 'invalid image stream "q.test/crew/web:1"'],
    ['an empty namespace', 'q.test/a:1 /web:1', {}, 'invalid namespace "" for image stream "/web:1"'],
    ['an empty name', 'q.test/a:1 base/', {}, 'invalid name "" for image stream "base/"'],
    ['the second destination', 'q.test/a:1 web:1 web', {}, '"web" must be of the form <stream_name>:<tag>'],
    ['a source that is none', 'UPPER:1 web:2', {}, 'invalid SOURCE: repository name must be lowercase'],
    [
      'a registry before a tag of a stream',
      'q.test/crew/web:1 web:2',
      { source: 'istag' },
      'server in SOURCE is only allowed when providing a container image',
    ],
    [
      'a stream image without an id',
      'web:1 web:2',
      { source: 'isimage' },
      '--source=ImageStreamImage requires a valid <name>@<id> in SOURCE',
    ],
  ])('%s', (_, args, flags, message) => {
    expect(plan(args, flags)).toEqual({ kind: 'refused', message });
  });

  it.each(['a+b', '.a', '-a', 'a'.repeat(129), 'ä'])('the tag %s', (tag) => {
    const planned = plan(`q.test/a:1 web:${tag}`);
    expect(planned).toMatchObject({ kind: 'refused' });
    expect(planned.kind === 'refused' && planned.message).toContain(`"${tag}" is not a valid tag`);
  });

  it.each(['_a', 'A.b-c_d', 'a'.repeat(128)])('but not the tag %s', (tag) => {
    expect(setPlan(`q.test/a:1 web:${tag}`).destinations[0]?.tag).toBe(tag);
  });

  it('does not judge a tag that is deleted', () => {
    expect(plan('web:a+b', { delete: true })).toMatchObject({
      kind: 'delete',
      destinations: [{ tag: 'a+b' }],
    });
  });

  it.each<[string, Partial<TagOrder>]>([
    ['', {}],
    ['web:1', {}],
    ['', { delete: true }],
  ])('too few arguments: "%s" %j', (args, flags) => {
    expect(plan(args, flags)).toEqual({ kind: 'usage', message: usage });
  });

  it.each(['bogus', 'constructor'])(
    'a kind of source that there is not, with those that there are: %s',
    (source) => {
      expect(plan('web:1 web:2', { source })).toEqual({
        kind: 'usage',
        message: `invalid source "${source}"; valid values are docker, dockerimage, imagestreamimage, imagestreamtag, isimage, istag`,
      });
    },
  );

  it.each<[string, object, string]>([
    [
      'nothing is tagged',
      { 2: digest('a') },
      '"web:1" is not currently pointing to an image, cannot use it as the source of a tag',
    ],
    [
      'the pull spec is none',
      { 1: 'UPPER' },
      'the image stream tag "web:1" has an invalid pull spec and cannot be used to tag: repository name must be lowercase',
    ],
  ])('a tag of which %s', (_, images, message) => {
    const { source } = setPlan('web:1 web:2');
    const stream = streamOf('web', images as Readonly<Record<string, string>>);
    expect(foundSource(source, stream as never)).toEqual({ ok: false, message });
  });

  it.each([
    [digest('a'), undefined],
    [digest('c'), `no image "${digest('c')}" in the history of image stream "web" in namespace "demo"`],
  ])('an image that is not in the history: %s', (id, message) => {
    const { source } = setPlan(`web@${id} web:2`);
    expect(missingImage(source, streamOf('web', { 1: digest('a') }) as never)).toBe(message);
  });
});

describe('a source that is looked up', () => {
  it('of an event without an image is its reference', () => {
    const { source, destinations, wish } = setPlan('web:1 web:2');
    const found = foundSource(source, streamOf('web', { 1: 'q.test/crew/web:1' }) as never);
    if (!found.ok) throw new Error(found.message);
    const [destination] = destinations;
    expect(destination && specTagFor(found.value, destination, wish, namespace).from).toEqual({
      kind: 'DockerImage',
      name: 'q.test/crew/web:1',
    });
  });

  it.each([
    ['web:1', { namespace: 'demo', name: 'web' }],
    ['base/os:9', { namespace: 'base', name: 'os' }],
  ])('%s is of %j', (text, key) => {
    expect(setPlan(`${text} web:2`).source.lookUp).toEqual(key);
  });

  it.each<[string, Partial<TagOrder>]>([
    ['web:1', { alias: true }],
    ['q.test/web:1', {}],
    ['web', {}],
    [`web@${digest('a')}`, {}],
  ])('%s %j is what it says', (text, flags) => {
    expect(setPlan(`${text} web:2`, flags).source.lookUp).toBeUndefined();
  });
});

describe('the spec tag', () => {
  const plain = { importPolicy: { importMode: 'Legacy' }, referencePolicy: { type: 'Source' } };
  const docker = { kind: 'DockerImage', name: 'q.test/a:1' };
  it.each<[string, string, Partial<TagOrder>, object]>([
    ['by default', 'q.test/a:1 web:2', {}, { from: docker, ...plain }],
    [
      'on schedule',
      'q.test/a:1 web:2',
      { scheduled: true },
      { from: docker, ...plain, importPolicy: { scheduled: true, importMode: 'Legacy' } },
    ],
    [
      'insecure',
      'q.test/a:1 web:2',
      { insecure: true },
      { from: docker, ...plain, importPolicy: { insecure: true, importMode: 'Legacy' } },
    ],
    ['for reference', 'q.test/a:1 web:2', { reference: true }, { from: docker, ...plain, reference: true }],
    [
      'local',
      'q.test/a:1 web:2',
      { referencePolicy: 'local' },
      { from: docker, ...plain, referencePolicy: { type: 'Local' } },
    ],
    [
      'of all platforms',
      'q.test/a:1 web:2',
      { importMode: 'PreserveOriginal' },
      { from: docker, ...plain, importPolicy: { importMode: 'PreserveOriginal' } },
    ],
    [
      'with everything off',
      'q.test/a:1 web:2',
      { scheduled: false, insecure: false, reference: false, importMode: '' },
      { from: docker, ...plain },
    ],
    [
      'of its own namespace',
      'web:1 web:2',
      { alias: true },
      { from: { kind: 'ImageStreamTag', name: 'web:1' }, ...plain },
    ],
    [
      'of its own, named',
      'demo/web:1 web:2',
      { alias: true },
      { from: { kind: 'ImageStreamTag', namespace: 'demo', name: 'web:1' }, ...plain },
    ],
    [
      'put into another namespace',
      `web@${digest('a')} prod/web:2`,
      {},
      { from: { kind: 'ImageStreamImage', namespace: 'demo', name: `web@${digest('a')}` }, ...plain },
    ],
    [
      'taken from another namespace',
      `base/os@${digest('a')} web:2`,
      {},
      { from: { kind: 'ImageStreamImage', namespace: 'base', name: `os@${digest('a')}` }, ...plain },
    ],
  ])('%s', (_, args, flags, expected) => {
    const { source, destinations, wish } = setPlan(args, flags);
    const [destination] = destinations;
    expect(destination && specTagFor(source, destination, wish, namespace)).toEqual({
      name: '2',
      ...expected,
    });
  });
});

describe('what is said of it (spec 5.3)', () => {
  it.each<[string, string, Partial<TagOrder>, string]>([
    ['set', 'q.test/a:1 web:2', {}, 'Tag web:2 set to q.test/a:1.'],
    ['set elsewhere', 'q.test/a:1 prod/web:2', {}, 'Tag prod/web:2 set to q.test/a:1.'],
    ['its own namespace named', 'q.test/a:1 demo/web:2', {}, 'Tag web:2 set to q.test/a:1.'],
    ['on schedule', 'q.test/a:1 web:2', importing, 'Tag web:2 set to import q.test/a:1 periodically.'],
    [
      'on schedule elsewhere',
      'q.test/a:1 prod/web:2',
      importing,
      'Tag prod/web:2 set to q.test/a:1 periodically.',
    ],
    ['an alias', 'web:1 web:2', { alias: true }, 'Tag web:2 set up to track web:1.'],
    ['an image', `base/os@${digest('a')} web:2`, {}, `Tag web:2 set to base/os@${digest('a')}.`],
  ])('%s', (_, args, flags, message) => {
    const { source, destinations, wish } = setPlan(args, flags);
    const [destination] = destinations;
    expect(destination && tagMessage(source, destination, wish, namespace)).toBe(message);
  });
});

describe('what a tag loses when it is set anew', () => {
  const next: SpecTagObject = {
    name: '1',
    importPolicy: { importMode: 'Legacy' },
    referencePolicy: { type: 'Source' },
  };
  const kept: SpecTagObject = {
    name: '1',
    annotations: { a: '1' },
    importPolicy: { importMode: 'PreserveOriginal', scheduled: true, insecure: true },
    referencePolicy: { type: 'Local' },
    reference: true,
  };
  const phrases = {
    scheduled: 'it is no longer imported on schedule (--scheduled)',
    insecure: 'its registry must have a valid certificate again (--insecure)',
    mode: 'one platform is imported instead of all (--import-mode PreserveOriginal)',
    local: 'its images are pulled from their source again (--reference-policy local)',
    reference: 'it is imported from now on (--reference)',
  };
  it.each<[string, object | undefined, readonly string[]]>([
    ['a new one', undefined, []],
    ['one with nothing', { name: '1' }, []],
    ['its schedule', { importPolicy: { scheduled: true } }, [phrases.scheduled]],
    ['plain HTTP', { importPolicy: { insecure: true } }, [phrases.insecure]],
    ['its platforms', { importPolicy: { importMode: 'PreserveOriginal' } }, [phrases.mode]],
    ['nothing of a mode that stays', { importPolicy: { importMode: 'Legacy' } }, []],
    ['its policy', { referencePolicy: { type: 'Local' } }, [phrases.local]],
    ['being a reference', { reference: true }, [phrases.reference]],
    ['annotations', { annotations: { a: '1', b: '2' } }, ['its annotations are gone: a, b']],
    ['all', { ...kept }, [...Object.values(phrases), 'its annotations are gone: a']],
  ])('%s', (_, old, expected) => {
    expect(tagResets(old as never, next)).toEqual(expected);
    expect(tagResets(old as never, kept)).toEqual(
      expected.flatMap((phrase) => (phrase.endsWith('a, b') ? ['its annotations are gone: b'] : [])),
    );
  });
});

describe('an argument', () => {
  it.each([
    ['web:1', { key: { namespace: 'demo', name: 'web' }, name: 'web:1', tag: '1' }],
    ['prod/web:1', { key: { namespace: 'prod', name: 'web' }, name: 'web:1', tag: '1' }],
  ])('%s', (text, value) => {
    expect(parseTagArgument(text, 'demo')).toEqual({ ok: true, value });
  });
});
