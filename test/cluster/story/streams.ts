import { beforeAll, expect, test } from '@jest/globals';
import type { KubectlResult } from '../kubectl.ts';
import { stream, tag } from '../manifests/objects.ts';
import type { Story } from './story.ts';

const alias = (name: string, followed: string, namespace?: string) => ({
  ...tag({ kind: 'ImageStreamTag', name: followed, ...(namespace === undefined ? {} : { namespace }) }),
  name,
});

/** What kubectl prints when a stream cannot work, and who may follow whose. */
export function describeStreams({ cluster, run, kubectl, until }: Story): void {
  let env: { readonly KUBECONFIG: string };
  const create = (object: object, user = true): Promise<KubectlResult> =>
    cluster().kubectl(['create', '--dry-run=server', '-n', 'myproject', '-f', '-'], {
      input: JSON.stringify(object),
      ...(user ? { env } : {}),
    });

  beforeAll(async () => {
    env = { KUBECONFIG: await cluster().kubeconfigFor({ user: 'erin' }) };
    await kubectl('create rolebinding erin --clusterrole=edit --user=erin -n myproject');
    await kubectl('create namespace base');
    await kubectl('create -n base -f -', stream([{ name: '1.0' }]));
    await until('erin may write streams', async () => {
      expect((await create(stream([]))).stderr).toBe('');
    });
  });

  test.each([
    [
      'tags that follow each other',
      [alias('a', 'b'), alias('b', 'app:a')],
      'spec.tags[a].from.name: tags a -> b -> a follow each other in a circle',
    ],
    [
      'a tag that begins with a sign',
      [{ name: '-a' }],
      `spec.tags[0].name: Invalid value: "-a": a tag is at most 128 letters, digits, '_', '.' and '-', and starts with a letter, a digit or '_'`,
    ],
    [
      'an image that does not parse',
      [tag({ kind: 'DockerImage', name: 'quay.io/Team/app' })],
      'spec.tags[1.0].from.name: "quay.io/Team/app" is no image reference: repository name must be lowercase',
    ],
  ])('refused, with what is wrong: %s', async (_title, tags, message) => {
    const { code, stderr } = await create(stream(tags));
    expect({ code, stderr }).toEqual({ code: 1, stderr: `The ImageStream "app" is invalid: ${message}\n` });
  });

  test('who may not pull from a namespace may not follow its streams; with the role it works', async () => {
    const follower = stream([alias('1.0', 'app:1.0', 'base')]);
    const denied = await create(follower);
    expect(denied).toMatchObject({ code: 1, stdout: '' });
    expect(denied.stderr).toContain(
      'spec.tags[1.0].from.name: you may not follow image stream "app" of namespace "base"',
    );
    // Nor is told which streams there are.
    expect((await create(stream([alias('1.0', 'none:1.0', 'base')]))).stderr).toContain('you may not follow');

    await kubectl('create rolebinding erin --clusterrole=system:image-puller --user=erin -n base');
    await until('erin may follow', async () => {
      const { code, stderr } = await create(follower);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: 'Warning: spec.tags[1.0].from.name: app:1.0 has no image yet\n',
      });
    });
    expect((await create(stream([alias('1.0', 'none:1.0', 'base')]))).stderr).toContain(
      'there is no image stream "none" in namespace "base"',
    );
  });

  test('what upstream is silent about is a warning', async () => {
    const local = { ...alias('1.0', 'zzz'), referencePolicy: { type: 'Local' } };
    const { code, stderr } = await run('create --dry-run=server -n myproject -f -', stream([local]));
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: [
        'Warning: spec.tags[1.0].from.name: there is no tag "zzz" yet',
        'Warning: spec.tags[1.0]: policy Local, but there is no registry to be local to; its source is used\n',
      ].join('\n'),
    });
  });
}
