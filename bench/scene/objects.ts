import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The namespace that all reviews of the benches are of. */
export const namespace = 'bench';

/** Streams `app-0`, `app-1`, …: open, with these tags, each with two events. */
export const tags = ['latest', '2.1', '2.0'] as const;

/** An image stream as its YAML would be; `index` makes its names and digests unlike all others. */
export function imageStream(index: number): object {
  const repository = `registry.example.com/team-${index % 10}/app-${index}`;
  const event = (at: number, generation: number) => ({
    created: `2026-0${generation}-01T08:00:00Z`,
    dockerImageReference: `${repository}@${digest(index, at, generation)}`,
    image: digest(index, at, generation),
    generation,
  });
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: `app-${index}`, namespace },
    spec: {
      lookupPolicy: { local: true },
      tags: tags.map((name) => ({
        name,
        from: { kind: 'DockerImage', name: `${repository}:${name}` },
        generation: 2,
        importPolicy: {},
        referencePolicy: { type: 'Source' },
      })),
    },
    status: { tags: tags.map((tag, at) => ({ tag, items: [event(at, 2), event(at, 1)] })) },
  };
}

/** The digest of the newest event of a stream's tag. */
export function newestDigest(index: number, tag: (typeof tags)[number]): string {
  return digest(index, tags.indexOf(tag), 2);
}

function digest(index: number, tag: number, generation: number): string {
  const hex = [index, tag, generation].map((part) => part.toString(16).padStart(4, '0')).join('');
  return `sha256:${hex.padEnd(64, 'c0ffee')}`;
}

export const benchNamespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };

/** Writes a folder for `--objects`: the namespace and this many streams. */
export async function writeObjects(folder: string, streams: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const items = [benchNamespace, ...Array.from({ length: streams }, (_, index) => imageStream(index))];
  await writeFile(join(folder, 'objects.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}
