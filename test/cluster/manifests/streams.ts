import { describe, expect, test } from '@jest/globals';
import type { Commands } from './commands.ts';
import { digest, dockerImage, pinned, stream, tag, type Json } from './objects.ts';

const accepted: readonly (readonly [string, Json])[] = [
  [
    'nulls and empty objects',
    stream([
      tag(dockerImage, {
        annotations: null,
        generation: null,
        importPolicy: {},
        referencePolicy: { type: '' },
      }),
    ]),
  ],
  ['a tag without source', stream([{ name: 'notes', from: null, annotations: { description: 'x' } }])],
  [
    'a scheduled tag that has no source',
    stream([{ name: 'notes', from: null, importPolicy: { scheduled: true } }]),
  ],
  ['no tags', stream([], { tags: null, dockerImageRepository: '' })],
  ['no lookup policy', stream([], { lookupPolicy: null })],
  ['a tag of this stream', stream([tag({ kind: 'ImageStreamTag', name: '0.9' })])],
  [
    'a tag of another stream',
    stream([tag({ kind: 'ImageStreamTag', name: 'base:0.9', namespace: 'shared' })]),
  ],
  ['an image of this stream', stream([tag({ kind: 'ImageStreamImage', name: digest })])],
  ['an abbreviated image', stream([tag({ kind: 'ImageStreamImage', name: 'base@sha256:1f1f' })])],
  [
    'a scheduled digest',
    stream([tag({ kind: 'DockerImage', name: pinned }, { importPolicy: { scheduled: true } })]),
  ],
  ['a repository on a port', stream([], { dockerImageRepository: 'registry.example:5000/team/app' })],
  ['a name of two groups', stream([], {}, { name: 'my.app-1' })],
];

const refused: readonly (readonly [string, string, Json])[] = [
  [
    'a scheduled alias',
    'spec.tags[0].importPolicy.scheduled: Invalid value: only a tag from a DockerImage can be imported on a schedule',
    stream([tag({ kind: 'ImageStreamTag', name: '0.9' }, { importPolicy: { scheduled: true } })]),
  ],
  [
    'an unknown kind of source',
    'spec.tags[0].from.kind: Unsupported value: "Image": supported values: "DockerImage", "ImageStreamTag", "ImageStreamImage"',
    stream([tag({ kind: 'Image', name: 'x' })]),
  ],
  ['a source without name', 'spec.tags[0].from.name: Required value', stream([tag({ kind: 'DockerImage' })])],
  ['a source without kind', 'spec.tags[0].from.kind: Required value', stream([tag({ name: 'x' })])],
  [
    'an empty name',
    'spec.tags[0].from.name: Invalid value',
    stream([tag({ kind: 'DockerImage', name: '' })]),
  ],
  [
    'a source with a scheme',
    'a DockerImage is named as in a pull command, without scheme and spaces: quay.io/team/app:1.0',
    stream([tag({ kind: 'DockerImage', name: 'https://quay.io/team/app:1.0' })]),
  ],
  [
    'a tag of a tag',
    'an ImageStreamTag is named TAG (of this stream) or STREAM:TAG',
    stream([tag({ kind: 'ImageStreamTag', name: 'a:b:c' })]),
  ],
  [
    'an image of an image',
    'an ImageStreamImage is named DIGEST (of this stream) or STREAM@DIGEST',
    stream([tag({ kind: 'ImageStreamImage', name: 'a@b@c' })]),
  ],
  [
    'a tag with a slash',
    `spec.tags[0].name: Invalid value: "release/1": a tag is at most 128 letters, digits, '_', '.' and '-'`,
    stream([{ name: 'release/1' }]),
  ],
  ['a tag of 129 letters', 'spec.tags[0].name: Too long', stream([{ name: 'x'.repeat(129) }])],
  ['the same tag twice', 'spec.tags[1]: Duplicate value', stream([{ name: '1.0' }, { name: '1.0' }])],
  [
    'an unknown import mode',
    'spec.tags[0].importPolicy.importMode: Unsupported value: "All"',
    stream([tag(dockerImage, { importPolicy: { importMode: 'All' } })]),
  ],
  [
    'an unknown reference policy',
    'spec.tags[0].referencePolicy.type: Unsupported value: "Remote"',
    stream([tag(dockerImage, { referencePolicy: { type: 'Remote' } })]),
  ],
  [
    'a repository with a tag',
    'names a repository, without scheme, tag or digest',
    stream([], { dockerImageRepository: 'quay.io/team/app:1.0' }),
  ],
  [
    'a name with two hyphens',
    'the name of an image stream is a repository name',
    stream([], {}, { name: 'my--app' }),
  ],
  [
    'lookup that is not a yes or no',
    'spec.lookupPolicy.local',
    stream([], { lookupPolicy: { local: 'yes' } }),
  ],
];

/** What the API server says to good and bad streams and images. */
export function describeKinds({ run, kubectl }: Commands): void {
  describe('a stream as a client of OpenShift sends it is accepted', () => {
    test.each(accepted)('%s', async (_title, object) => {
      const { code, stderr } = await run(
        'create --dry-run=server --validate=strict -n myproject -f -',
        object,
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    });
  });

  describe('a stream that cannot work is refused with the reason', () => {
    test.each(refused)('%s: %s', async (_title, reason, object) => {
      const { code, stderr } = await run('create --dry-run=server -n myproject -f -', object);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(reason) });
    });
  });

  test('nothing is added to the tags that people wrote, so that Git and cluster stay equal', async () => {
    const tags = [tag(dockerImage)];
    const created = await kubectl('create --dry-run=server -n myproject -o json -f -', stream(tags));
    expect(JSON.parse(created)).toMatchObject({ spec: { tags, lookupPolicy: { local: false } } });
  });

  test('an Image is named by its digest', async () => {
    const image = { apiVersion: 'image.openshift.io/v1', kind: 'Image', metadata: { name: 'app' } };
    expect((await run('create --dry-run=server -f -', image)).stderr).toContain(
      "an Image is named by its digest with '-' for ':'",
    );
  });

  test('`kubectl get is` shows what a person wants to know', async () => {
    const conditions = [{ type: 'ImportSuccess', status: 'False', reason: 'NotFound' }];
    const broken = stream([tag(dockerImage)], {}, { name: 'broken', namespace: 'shown' });
    await kubectl('create namespace shown');
    await kubectl('create -f -', stream([], { lookupPolicy: { local: true } }, { namespace: 'shown' }));
    await kubectl('create -f -', broken);
    await kubectl('replace --subresource=status -f -', {
      ...broken,
      status: { tags: [{ tag: '1.0', items: null, conditions }] },
    });

    const lines = (await kubectl('get is -n shown')).trimEnd().split('\n');
    expect(lines.map((line) => line.split(/\s{2,}/))).toEqual([
      ['NAME', 'LOOKUP', 'IMPORT FAILURE', 'AGE'],
      ['app', 'true', expect.stringMatching(/s$/)],
      ['broken', 'false', 'NotFound', expect.stringMatching(/s$/)],
    ]);
    expect(await kubectl('get all -n shown -o name')).toContain('imagestream.image.openshift.io/app');
  });

  test('streams are found by the field that OpenShift finds them by', async () => {
    const dockerImageRepository = 'quay.io/team/mirrored';
    await kubectl('create -n myproject -f -', stream([], { dockerImageRepository }, { name: 'mirrored' }));
    const selector = `--field-selector spec.dockerImageRepository=${dockerImageRepository}`;
    expect(await kubectl(`get is -A -o name ${selector}`)).toBe('imagestream.image.openshift.io/mirrored\n');
  });
}
