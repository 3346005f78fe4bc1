import { describe, expect, it, test } from '@jest/globals';
import { describeImage } from '../../src/printers/describe-image.ts';
import { describeStream, type DescribeExtras } from '../../src/printers/describe-stream.ts';
import { digestOf } from '../imagestream/streams.ts';
import { now, rawStream } from './raw-streams.ts';

const web = rawStream();
const [a, b] = [digestOf('a'), digestOf('b')];

/** The block of the only tag of a stream. */
function tagBlock(
  specTags: readonly object[],
  statusTags: readonly object[],
  extras: DescribeExtras = {},
): string {
  const text = describeStream(
    rawStream({ spec: { tags: specTags }, status: { tags: statusTags } }),
    now,
    extras,
  );
  return text.slice(text.indexOf('\n\n') + 2);
}

const docker = (name: string, more: object = {}) => ({
  name: '2.1',
  from: { kind: 'DockerImage', name },
  generation: 1,
  ...more,
});
const failure = {
  type: 'ImportSuccess',
  status: 'False',
  reason: 'InternalError',
  message: 'Internal error occurred: …',
  lastTransitionTime: '2024-05-04T09:55:00Z',
  generation: 4,
};
const event = (more: object = {}) => ({
  created: '2024-05-04T09:00:00Z',
  dockerImageReference: `reg.acme.test/crew/web@${b}`,
  image: b,
  generation: 1,
  ...more,
});

describe('describe is', () => {
  test('the whole of it (spec 5.7)', () => {
    const [tag, alias] = web.spec.tags;
    const [status, aliasStatus] = web.status.tags;
    const stream = rawStream({
      spec: { lookupPolicy: { local: true }, tags: [{ ...tag, annotations: {} }, alias] },
      status: { ...web.status, tags: [{ ...status, conditions: [failure] }, aliasStatus] },
    });
    expect(describeStream(stream, now)).toBe(
      [
        'Name:\t\t\tweb',
        'Namespace:\t\tdemo',
        'Created:\t\t3 days ago',
        'Labels:\t\t\t<none>',
        'Annotations:\t\topenshift.io/image.dockerRepositoryCheck=2024-05-01T10:00:00Z',
        'Image Repository:\timage-registry.openshift-image-registry.svc:5000/demo/web',
        'Image Lookup:\t\tlocal=true',
        'Unique Images:\t\t2',
        'Tags:\t\t\t2',
        '',
        '2.1 (stable)',
        '  updates automatically from registry reg.acme.test/crew/web:2.1',
        '    prefer registry pullthrough when referencing this tag',
        '',
        '  ! error: Import failed (InternalError): Internal error occurred: …',
        '      5 minutes ago',
        `  * reg.acme.test/crew/web@${b}`,
        '      2 hours ago',
        `    reg.acme.test/crew/web@${a}`,
        '      3 days ago',
        '',
      ].join('\n'),
    );
  });

  test('labels and annotations: one a line, sorted; several lines stand below each other', () => {
    const metadata = {
      name: 'web',
      labels: { b: '2', a: '1' },
      annotations: { z: 'last\n', description: 'one\ntwo', k: 'v\nw' },
    };
    expect(describeStream({ metadata }, now)).toBe(
      [
        'Name:\t\t\tweb',
        'Labels:\t\t\ta=1',
        '\t\t\tb=2',
        'Description:\t\tone',
        '\t\t\ttwo',
        'Annotations:\t\tk=v',
        '\t\t\tw',
        '\t\t\tz=last',
        'Image Repository:\t<none>',
        'Image Lookup:\t\tlocal=false',
        'Tags:\t\t\t<none>',
        '',
      ].join('\n'),
    );
  });

  test('the public repository comes first', () => {
    const status = { dockerImageRepository: 'i/demo/web', publicDockerImageRepository: 'p/demo/web' };
    expect(describeStream(rawStream({ status }), now)).toContain('Image Repository:\tp/demo/web\n');
  });

  const because = 'namespace label pinstream.dev/image-lookup=fallback';
  it.each<[string, DescribeExtras, string]>([
    ['the stream decides', {}, 'Image Lookup:\t\tlocal=true\n'],
    ['the namespace agrees', { lookup: { effective: true, because } }, 'Image Lookup:\t\tlocal=true\n'],
    [
      'the namespace overrides it',
      { lookup: { effective: false, because } },
      `Image Lookup:\t\tlocal=true (effective: local=false, ${because})\n`,
    ],
  ])('lookup: %s', (_, extras, line) => {
    expect(describeStream(web, now, extras)).toContain(line);
  });

  const [asStream, asImage] = [{ kind: 'ImageStreamTag' }, { kind: 'ImageStreamImage' }];
  it.each<[string, object[], string]>([
    ['no spec tag', [], 'no spec tag'],
    ['no source', [{ name: '2.1' }], 'tag without source image'],
    ['an image', [docker('r/x:1')], 'tagged from r/x:1'],
    [
      'a schedule',
      [docker('r/x:1', { importPolicy: { scheduled: true } })],
      'updates automatically from registry r/x:1',
    ],
    ['a reference', [docker('r/x:1', { reference: true })], 'reference to registry r/x:1'],
    ['a tag', [docker('', { from: { ...asStream, name: 'a:1', namespace: 'demo' } })], 'tagged from a:1'],
    [
      'a tag elsewhere',
      [docker('', { from: { ...asStream, name: 'a:1', namespace: 'x' } })],
      'tagged from x/a:1',
    ],
    [
      'a tag, as a reference',
      [docker('', { from: { ...asStream, name: 'a:1' }, reference: true })],
      'reference to a:1',
    ],
    [
      'a tag, on schedule',
      [docker('', { from: { ...asStream, name: 'a:1' }, importPolicy: { scheduled: true } })],
      'updates automatically from a:1',
    ],
    ['an image of a stream', [docker('', { from: { ...asImage, name: 'a@b' } })], 'tagged from a@b'],
    [
      'that, as a reference',
      [docker('', { from: { ...asImage, name: 'a@b' }, reference: true })],
      'reference to image a@b',
    ],
    ['another kind', [docker('', { from: { kind: 'Git', name: 'x' } })], 'updates from Git x'],
  ])('where a tag comes from: %s', (_, tags, line) => {
    expect(tagBlock(tags, [{ tag: '2.1', items: [event()] }])).toBe(
      `2.1\n  ${line}\n\n  * reg.acme.test/crew/web@${b}\n      About an hour ago\n`,
    );
  });

  test('all that can stand between the source and the events', () => {
    const annotations = {
      description: 'The web',
      tags: 'a,b',
      supports: 'x:1,y',
      sampleRepo: 'https://x.test/y',
    };
    const tag = docker('r/x:1', {
      annotations,
      generation: 9,
      importPolicy: { insecure: true },
      referencePolicy: { type: 'Local' },
    });
    const gone = { ...failure, type: 'ImagePresent', reason: 'NotFound', message: 'nobody has it' };
    expect(tagBlock([tag], [{ tag: '2.1', items: [event()], conditions: [failure, gone] }])).toBe(
      [
        '2.1',
        '  tagged from r/x:1',
        '    will use insecure HTTPS or HTTP connections',
        '    prefer registry pullthrough when referencing this tag',
        '',
        '  The web',
        '  Tags: a, b',
        '  Supports: x:1, y',
        '  Example Repo: https://x.test/y',
        '',
        '  ~ importing latest image ...',
        '  ! error: Import failed (InternalError): Internal error occurred: …',
        '      5 minutes ago',
        '  ! warning: image is gone from its registry: nobody has it',
        '      5 minutes ago',
        `  * reg.acme.test/crew/web@${b}`,
        '      About an hour ago',
        '',
      ].join('\n'),
    );
  });

  const importing = '  ~ importing latest image ...\n';
  const seen = (importMode: string) => ({
    from: { kind: 'DockerImage', name: 'r/x:1' },
    importMode,
    generation: 1,
  });
  it.each<[string, boolean, object, object | undefined, DescribeExtras]>([
    ['the spec is ahead (OpenShift)', true, docker('r/x:1', { generation: 2 }), { items: [event()] }, {}],
    ['the spec is answered', false, docker('r/x:1'), { items: [event()] }, {}],
    ['a failure answers, too', false, docker('r/x:1', { generation: 4 }), { conditions: [failure] }, {}],
    ['never seen (our CRD)', true, docker('r/x:1', { generation: undefined }), undefined, {}],
    [
      'what was seen last',
      false,
      docker('r/x:1', { generation: undefined }),
      { items: [event()], observed: seen('Legacy') },
      {},
    ],
    [
      'another source since',
      true,
      docker('r/x:2', { generation: undefined }),
      { items: [event()], observed: seen('Legacy') },
      {},
    ],
    [
      'the server’s mode is not known, and it was imported in another',
      false,
      docker('r/x:1', { generation: undefined }),
      { items: [event()], observed: seen('PreserveOriginal') },
      {},
    ],
    [
      'the server’s mode is another by now',
      true,
      docker('r/x:1', { generation: undefined }),
      { items: [event()], observed: seen('PreserveOriginal') },
      { defaultImportMode: 'Legacy' },
    ],
    [
      'a reference is never imported',
      false,
      docker('r/x:1', { reference: true, generation: 2 }),
      undefined,
      {},
    ],
  ])('importing: %s: %j', (_, expected, tag, status, extras) => {
    const text = tagBlock([tag], status === undefined ? [] : [{ tag: '2.1', ...status }], extras);
    expect(text.includes(importing)).toBe(expected);
  });

  test('an id that the reference does not say stands beside the age', () => {
    const items = [
      event({ dockerImageReference: 'r/x:1' }),
      event({ dockerImageReference: 'r/x:0', image: '' }),
    ];
    expect(tagBlock([], [{ tag: '2.1', items }])).toBe(
      `2.1\n  no spec tag\n\n  * r/x:1\n      About an hour ago\t${b}\n    r/x:0\n      About an hour ago\n`,
    );
  });

  test('an event without a time', () => {
    expect(tagBlock([], [{ tag: '2.1', items: [event({ created: undefined })] }])).toContain(
      `@${b}\n      at an unknown time\n`,
    );
  });

  test('tags in order of their versions; aliases, through others too, stand with what they follow', () => {
    const alias = (name: string, to: string) => ({ name, from: { kind: 'ImageStreamTag', name: to } });
    const tags = [
      docker('r/x:1', { name: '1.0' }),
      docker('r/x:2', { name: '2.0' }),
      alias('latest', 'web:2.0'),
      alias('edge', 'latest'),
      alias('lost', 'nowhere'),
      alias('round', 'round'),
    ];
    const text = describeStream(rawStream({ spec: { tags }, status: { tags: [] } }), now);
    expect(text.split('\n').filter((line) => /^[a-z0-9.]+( |$)/.test(line))).toEqual([
      '2.0 (latest, edge)',
      '1.0',
      'lost',
      'round',
    ]);
    expect(text).toContain('Tags:\t\t\t6\n');
  });

  test('what a registry said commands no terminal', () => {
    const conditions = [{ ...failure, message: '\u001b[2J' }];
    expect(tagBlock([], [{ tag: '2.1', conditions }])).toContain('(InternalError): ^[[2J\n');
  });
});

describe('describe istag, isimage and image', () => {
  const image = {
    metadata: { name: b.replace(':', '-'), creationTimestamp: '2024-05-04T08:00:00Z' },
    dockerImageReference: `reg.acme.test/crew/web@${b}`,
    dockerImageLayers: [
      { name: a, size: 44_000_000 },
      { name: b, size: 1123 },
    ],
    dockerImageMetadata: {
      Size: 45_123_456,
      Created: '2024-04-20T10:00:00Z',
      Author: 'Crew',
      Architecture: 'amd64',
      Config: {
        Entrypoint: ['/bin/sh', '-c'],
        Cmd: ['run', '--now'],
        WorkingDir: '/app',
        User: '1001',
        ExposedPorts: { '8443/tcp': {}, '8080/tcp': {} },
        Labels: { version: '2.1', 'io.x': 'y' },
        Env: ['B=2', 'A=1'],
        Volumes: { '/data': {}, '/cache': {} },
      },
    },
  };

  test('the whole block', () => {
    expect(describeImage(image, now)).toBe(
      [
        `Image Name:\t${b}`,
        `Docker Image:\treg.acme.test/crew/web@${b}`,
        `Name:\t\t${b}`,
        'Created:\t2 hours ago',
        'Image Size:\t45.12MB in 2 layers',
        `Layers:\t\t44MB\t${a}`,
        `\t\t1.123kB\t${b}`,
        'Image Created:\t2 weeks ago',
        'Author:\t\tCrew',
        'Arch:\t\tamd64',
        'Entrypoint:\t/bin/sh -c',
        'Command:\trun --now',
        'Working Dir:\t/app',
        'User:\t\t1001',
        'Exposes Ports:\t8080/tcp, 8443/tcp',
        'Docker Labels:\tio.x=y',
        '\t\tversion=2.1',
        'Environment:\tB=2',
        '\t\tA=1',
        'Volumes:\t/cache',
        '\t\t/data',
        '',
      ].join('\n'),
    );
  });

  test('as import-image shows it, under the tag', () => {
    expect(describeImage(image, now, 'web:2.1')).toMatch(/^Image Name:\tweb:2.1\nDocker Image:/);
  });

  test('what is empty', () => {
    const bare = {
      metadata: { name: b, labels: { a: '1' }, annotations: { k: 'v' } },
      dockerImageMetadata: {},
    };
    expect(describeImage(bare, now, '')).toBe(
      [
        'Docker Image:\t<none>',
        `Name:\t\t${b}`,
        'Labels:\t\ta=1',
        'Annotations:\tk=v',
        'Layer Size:\t0B',
        'Image Created:\t<none>',
        'Author:\t\t<none>',
        'Arch:\t\t<none>',
        'Command:\t<none>',
        'Working Dir:\t<none>',
        'User:\t\t<none>',
        'Exposes Ports:\t<none>',
        'Docker Labels:\t<none>',
        '',
      ].join('\n'),
    );
  });

  test('an entrypoint alone is command enough', () => {
    const dockerImageMetadata = { Config: { Entrypoint: ['/x'] } };
    expect(describeImage({ dockerImageMetadata }, now)).not.toContain('Command:');
  });

  test('an index: its images', () => {
    const dockerImageManifests = [
      { digest: a, os: 'linux', architecture: 'amd64' },
      { digest: b, os: 'linux', architecture: 'arm', variant: 'v7' },
    ];
    expect(describeImage({ metadata: { name: b }, dockerImageManifests }, now, '')).toBe(
      `Docker Image:\t<none>\nName:\t\t${b}\nManifests:\tlinux/amd64\t${a}\n\t\tlinux/arm/v7\t${b}\n`,
    );
  });

  test('an image that only a tag event is known of', () => {
    const light = { metadata: { name: b }, dockerImageReference: 'r/x' };
    expect(describeImage(light, now)).toBe(
      `Image Name:\t${b}\nDocker Image:\tr/x\nName:\t\t${b}\nImage Size:\t<unknown> (nothing else is known of this image)\n`,
    );
  });
});
