import { beforeAll, expect, test } from '@jest/globals';
import { exampleImage } from './examples.ts';
import type { Story } from './story.ts';

const before = exampleImage('keycloak', '20.0');
const after = `quay.io/keycloak/keycloak@sha256:${'20'.repeat(32)}`;

/** A tag that moves changes nothing until somebody writes the short name again. */
export function describeMovingTags({ kubectl, images, until, moveTag }: Story): void {
  const field = (path: string): Promise<string> =>
    kubectl(`get deployment mykeycloak -n myproject -o jsonpath={${path}}`);
  const original = async (): Promise<unknown> =>
    JSON.parse(await field(String.raw`.metadata.annotations.pinstream\.dev/resolved-images`));
  const apply = (): Promise<string> => kubectl('apply -f examples/deployment.yaml');
  /** The images of the Pods once there are `count` of them and nothing else. */
  const pods = async (...expected: string[]): Promise<void> =>
    until('the Pods', async () => expect(await images('pod -l app=mykeycloak')).toEqual(expected));

  beforeAll(async () => {
    await kubectl('delete deployment mykeycloak -n myproject --ignore-not-found --cascade=foreground');
    await apply();
    await pods(before);
  });

  test('applying the same manifest again while the tag stays changes nothing', async () => {
    const generation = await field('.metadata.generation');
    await apply();
    expect(await field('.metadata.generation')).toBe(generation);
  });

  test('scaling after the tag moved keeps the old digest', async () => {
    await moveTag('keycloak', '20.0', after);
    await kubectl('scale deployment mykeycloak --replicas=2 -n myproject');
    await pods(before, before);
    expect(await images('deployment mykeycloak')).toEqual([before]);
  });

  test.each(['label deployment mykeycloak team=a', 'set env deployment/mykeycloak MODE=dev'])(
    'so does kubectl %s',
    async (command) => {
      await kubectl(`${command} -n myproject`);
      expect(await images('deployment mykeycloak')).toEqual([before]);
      expect(await original()).toMatchObject({ keycloak: { from: 'keycloak:20.0', to: before } });
    },
  );

  test('applying the manifest again takes the new one, down to the Pods', async () => {
    await apply();
    expect(await images('deployment mykeycloak')).toEqual([after]);
    expect(await original()).toMatchObject({
      keycloak: { from: 'keycloak:20.0', to: after, source: { generation: 3 } },
    });
    await until('a Pod with the new image', async () =>
      expect(await images('pod -l app=mykeycloak')).toContain(after),
    );
  });

  test('kubectl rollout undo returns to the old digest, and so does the record of the original name', async () => {
    await kubectl('rollout undo deployment/mykeycloak -n myproject');
    expect(await images('deployment mykeycloak')).toEqual([before]);
    expect(await original()).toMatchObject({ keycloak: { from: 'keycloak:20.0', to: before } });
  });

  test('kubectl set image takes a short name, too', async () => {
    await kubectl('set image deployment/mykeycloak keycloak=keycloak:19.0 -n myproject');
    expect(await images('deployment mykeycloak')).toEqual([exampleImage('keycloak', '19.0')]);
    expect(await original()).toMatchObject({ keycloak: { from: 'keycloak:19.0' } });
  });
}
