/** Kubernetes objects for tests, as they stand in files. */

/** The same digit all over: tells digests apart in a test, and is one. */
export function digest(character: string): string {
  return `sha256:${character.repeat(64)}`;
}

/** `quay.example.com/acme/app@sha256:…`: where the streams below say that their images lie. */
export function pinned(stream: string, character: string): string {
  return `quay.example.com/acme/${stream}@${digest(character)}`;
}

/** A stream that is open for short names; its tags name the images 1, 2, 3… in their order, the last one is the newest. */
export function openStream(namespace: string, name: string, tags: readonly string[]): object {
  return stream(namespace, name, tags, true);
}

export function closedStream(namespace: string, name: string, tags: readonly string[]): object {
  return stream(namespace, name, tags, false);
}

function stream(namespace: string, name: string, tags: readonly string[], local: boolean): object {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { namespace, name },
    spec: { lookupPolicy: { local } },
    status: {
      dockerImageRepository: '',
      tags: tags.map((tag, index) => ({ tag, items: [tagEvent(name, index)] })),
    },
  };
}

function tagEvent(name: string, index: number): object {
  const character = ((index + 1) % 16).toString(16);
  return {
    created: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
    dockerImageReference: pinned(name, character),
    image: digest(character),
    generation: 1,
  };
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}
