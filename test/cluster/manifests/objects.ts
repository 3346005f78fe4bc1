/** Objects as tests of the manifests write them. */
export type Json = Readonly<Record<string, unknown>>;

export const digest = `sha256:${'1f'.repeat(32)}`;
export const pinned = `quay.io/team/app@${digest}`;

/** A stream `app` with these spec tags; `spec` and `metadata` are laid over it. */
export function stream(tags: readonly Json[], spec: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'app', ...metadata },
    spec: { tags, ...spec },
  };
}

/** The spec tag `1.0` from there. */
export function tag(from: Json, further: Json = {}): Json {
  return { name: '1.0', from, ...further };
}

export const dockerImage: Json = { kind: 'DockerImage', name: 'quay.io/team/app:1.0' };

/** Metadata of an object that a controller made. */
export function ownedBy(kind: string, apiVersion: string): Json {
  const uid = 'b0b3c8a4-0000-4000-8000-000000000000';
  return { ownerReferences: [{ apiVersion, kind, name: 'parent', uid, controller: true }] };
}

/** A pod spec with one container. */
export function podSpec(image: string, further: Json = {}): Json {
  return { containers: [{ name: 'main', image }], ...further };
}

export function pod(spec: Json, metadata: Json = {}): Json {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...metadata },
    spec: { automountServiceAccountToken: false, ...spec },
  };
}

function template(image: string): Json {
  return { metadata: { labels: { app: 'x' } }, spec: podSpec(image, { restartPolicy: 'Never' }) };
}

export function job(image: string, metadata: Json = {}): Json {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', ...metadata },
    spec: { template: template(image) },
  };
}

export function cronJob(image: string, metadata: Json = {}): Json {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'c', ...metadata },
    spec: { schedule: '@daily', jobTemplate: { spec: { template: template(image) } } },
  };
}
