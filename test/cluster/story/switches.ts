import { afterEach, expect, test } from '@jest/globals';
import { exampleImage } from './examples.ts';
import type { Story } from './story.ts';

const keycloak19 = exampleImage('keycloak', '19.0');
const nagios = exampleImage('nagios', '4.5');
const resolveNames = 'alpha.image.policy.openshift.io/resolve-names';

/** Who may switch lookup, and where. */
export function describeSwitches({ kubectl, images, preview, until, pinstream }: Story): void {
  const label = (value: string): Promise<string> =>
    kubectl(`label namespace myproject --overwrite pinstream.dev/image-lookup${value}`);
  const removeLabel = async (): Promise<void> => {
    await label('-');
    await until('the namespace is as before', async () => {
      expect((await preview('keycloak:19.0')).image).toBe(keycloak19);
      expect((await preview('nagios:4.5')).image).toBe('nagios:4.5');
    });
  };

  afterEach(removeLabel);

  test('namespace label image-lookup=disabled: untouched, and Pinstream is not even asked; removing it restores', async () => {
    await label('=disabled');
    await until('the API server asks no more', async () => {
      const asked = await pinstream().reviews();
      expect(await preview('keycloak:19.0')).toEqual({ image: 'keycloak:19.0', said: '' });
      expect(await pinstream().reviews()).toBe(asked);
    });
    await removeLabel();
  });

  test('namespace label image-lookup=all: every stream of it counts as open', async () => {
    await label('=all');
    await until('the closed stream answers', async () =>
      expect(await preview('nagios:4.5')).toEqual({ image: nagios, said: '' }),
    );
  });

  test.each([
    ['resolve-names on the object opens a closed stream', job({ [resolveNames]: '*' }, {}), nagios],
    ['resolve-names on the Pod template does so too', job({}, { [resolveNames]: '*' }), nagios],
    ['resolve-names with another value does not', job({ [resolveNames]: 'yes' }, {}), 'nagios:4.5'],
    [
      'skip leaves the object alone',
      job({ [resolveNames]: '*', 'pinstream.dev/skip': 'true' }, {}),
      'nagios:4.5',
    ],
  ])('annotation %s', async (_title, object, expected) => {
    await kubectl('create -n myproject -f -', object);
    expect(await images('job annotated')).toEqual([expected]);
    await kubectl('delete job annotated -n myproject');
  });
}

function job(annotations: object, templateAnnotations: object): Readonly<Record<string, unknown>> {
  const spec = { restartPolicy: 'Never', containers: [{ name: 'check', image: 'nagios:4.5' }] };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'annotated', annotations },
    spec: { template: { metadata: { annotations: templateAnnotations }, spec } },
  };
}
