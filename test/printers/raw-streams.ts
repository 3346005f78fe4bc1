import { digestOf } from '../imagestream/streams.ts';

export const now = Date.parse('2024-05-04T10:00:00Z');

/** No integrated registry is configured, and no cache. */
export const local = { internalRegistryHostname: '', localRegistry: [] };

const event = (character: string, created: string, generation: number) => ({
  created,
  dockerImageReference: `reg.acme.test/crew/web@${digestOf(character)}`,
  image: digestOf(character),
  generation,
});

/** The stream of spec imagestream-system.md 5.7. */
export function rawStream(more: object = {}) {
  const current = event('b', '2024-05-04T08:00:00Z', 4);
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: {
      name: 'web',
      namespace: 'demo',
      uid: 'u-1',
      resourceVersion: '7',
      creationTimestamp: '2024-05-01T09:00:00Z',
      annotations: { 'openshift.io/image.dockerRepositoryCheck': '2024-05-01T10:00:00Z' },
    },
    spec: {
      lookupPolicy: { local: true },
      tags: [
        {
          name: '2.1',
          annotations: { description: 'The web' },
          from: { kind: 'DockerImage', name: 'reg.acme.test/crew/web:2.1' },
          importPolicy: { scheduled: true },
          referencePolicy: { type: 'Local' },
          generation: 4,
        },
        { name: 'stable', from: { kind: 'ImageStreamTag', name: '2.1' }, generation: 3 },
      ],
    },
    status: {
      dockerImageRepository: 'image-registry.openshift-image-registry.svc:5000/demo/web',
      tags: [
        { tag: '2.1', items: [current, event('a', '2024-05-01T09:30:00Z', 2)] },
        { tag: 'stable', items: [current] },
      ],
    },
    ...more,
  };
}
