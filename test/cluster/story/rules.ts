import { afterAll, expect, test } from '@jest/globals';
import { install } from './install.ts';
import type { Story } from './story.ts';

/** The configuration that the story runs with. */
export const rules = `apiVersion: pinstream.dev/v1
kind: Configuration
registrySources:
  blockedRegistries: [blocked.example]
`;

const reason = 'blocked.example/team/app is blocked by the registry rule "blocked.example" (RegistryBlocked)';

/** What kubectl prints when a rule refuses an image. */
export function describeRules({ cluster, run, kubectl, preview, until, pinstream }: Story): void {
  afterAll(() => install(cluster(), pinstream()));

  test('a blocked registry: the error names container, image and reason', async () => {
    const { code, stderr } = await run(
      'create deployment refused --image=blocked.example/team/app:1.0 -n myproject',
    );
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: failed to create deployment: admission webhook "mutate.pinstream.dev" denied the request: container "app", image "blocked.example/team/app:1.0": ${reason}\n`,
    });
  });

  test('the log says what is missed while the validating webhook is not installed', async () => {
    const warnings = (await pinstream().log()).filter(({ level }) => level === 'warn');
    expect(warnings).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('apply manifests/overlays/rules') }),
    );
  });

  test('an update to a blocked image is refused, and the object stays', async () => {
    await kubectl('create deployment changed --image=nginx -n myproject');
    const { code, stderr } = await run(
      'set image deployment/changed nginx=blocked.example/team/app:1.0 -n myproject',
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(reason) });
    expect(await kubectl('get deployment changed -n myproject -o jsonpath={..containers[*].image}')).toBe(
      'nginx',
    );
  });

  test('with the validating webhook rules hold where lookup is switched off, too', async () => {
    await install(cluster(), pinstream(), 'overlays/rules');
    const labels = { 'pinstream.dev/image-lookup': 'disabled' };
    await kubectl('create -f -', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'switched-off', labels },
    });
    await until('the validating webhook is asked', async () =>
      expect(await preview('blocked.example/team/app:1.0', 'switched-off')).toEqual({
        image: '',
        said: `error: failed to create job: admission webhook "validate.pinstream.dev" denied the request: container "preview", image "blocked.example/team/app:1.0": ${reason}`,
      }),
    );
    expect(await preview('nagios:4.5', 'switched-off')).toEqual({ image: 'nagios:4.5', said: '' });
  });
}
