import { expect, test } from '@jest/globals';
import { exampleImage } from './examples.ts';
import type { Story } from './story.ts';

/** What no stream answers is left as it is written, and says so where a user would wonder. */
export function describeLeftAlone({ run, kubectl, images, preview, until }: Story): void {
  test('a stream whose lookup is off: left alone, with a warning that names the stream', async () => {
    const { code, stderr } = await run('create deployment watcher --image=nagios:4.5 -n myproject');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^Warning: "nagios:4\.5" is left alone: image stream myproject\/nagios is not open .*\n$/,
      ),
    });
    expect(await images('deployment watcher')).toEqual(['nagios:4.5']);
  });

  test('a tag that the stream does not have: left alone, with a warning that names the tags it has', async () => {
    const { image, said } = await preview('keycloak:21.0');
    expect(image).toBe('keycloak:21.0');
    expect(said).toMatch(
      /^Warning: "keycloak:21\.0" is left alone: image stream myproject\/keycloak has no image for tag "21\.0"; tags: 20\.0, 19\.0/,
    );
  });

  test.each(['nginx', 'nginx:1.27', 'quay.io/keycloak/keycloak:20.0'])(
    '%s, which no stream concerns: left alone, without a word',
    async (image) => {
      expect(await preview(image)).toEqual({ image, said: '' });
    },
  );

  test('an exempt namespace: left alone, with a warning only where a stream would have answered', async () => {
    const stream = JSON.parse(await kubectl('get is keycloak -n myproject -o json')) as {
      readonly spec: object;
      readonly status: object;
    };
    const { spec, status } = stream;
    const copy = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name: 'keycloak', namespace: 'default' },
      spec,
    };
    await kubectl('create -f -', copy);
    await kubectl('apply --server-side --subresource=status -f -', { ...copy, status });

    await until('the stream is known', async () =>
      expect(await preview('keycloak:20.0', 'default')).toEqual({
        image: 'keycloak:20.0',
        said: 'Warning: namespace "default" is exempt from image policy; "keycloak:20.0" is not looked up in its image streams',
      }),
    );
    expect(await preview('nginx', 'default')).toEqual({ image: 'nginx', said: '' });
    await kubectl('delete is keycloak -n default');
  });

  test('the examples, applied as they are, and applied again', async () => {
    // The Deployment of this name was not made by `kubectl apply`, which would say so.
    await kubectl('delete deployment mykeycloak -n myproject --ignore-not-found --wait');
    const apply =
      'apply -f examples/deployment.yaml -f examples/pod.yaml -f examples/job.yaml -f examples/cronjob.yaml';
    const applied = await run(apply);
    expect(applied.stderr).toMatch(/^Warning: "nagios:4\.5" is left alone: .*\n$/);
    // A Job's images cannot change: naming its tag again must not count as a change.
    expect(await run(apply)).toMatchObject({ code: 0, stderr: '' });
    expect(await images('deployment mykeycloak')).toEqual([exampleImage('keycloak', '20.0')]);
    expect(await images('pod agent')).toEqual([exampleImage('zabbix-agent', '6.0'), 'nginx:1.27']);
    expect(await images('job export-realms')).toEqual([exampleImage('keycloak', '19.0')]);
    expect(await images('cronjob check')).toEqual(['nagios:4.5']);
  });
}
