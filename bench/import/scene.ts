import { cp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { builtProgram } from '../../test/support/built-program.ts';
import { pushImage } from '../../test/support/oci-images.ts';
import type { Registry } from '../../test/cluster/registry.ts';

/** How much there is to import. */
export interface Size {
  readonly streams: number;
  readonly tagsPerStream: number;
}

/** Streams are spread over these, since credentials belong to namespaces. */
const namespaces = 10;
const pushesAtOnce = 8;

export const repositoryOf = (stream: number): string => `bench/app-${stream}`;
export const tagOf = (tag: number): string => `1.${tag}`;
const namespaceOf = (stream: number): string => `team-${stream % namespaces}`;

/** The streams by their places, for whoever wants to know when each is looked at. */
export function streamKeys({ streams }: Size): readonly string[] {
  return Array.from({ length: streams }, (_, stream) => `${namespaceOf(stream)}/app-${stream}`);
}

/** Pushes an image of its own for every tag, a repository a stream. */
export async function pushImages({ url }: Registry, { streams, tagsPerStream }: Size): Promise<void> {
  const images = Array.from({ length: streams * tagsPerStream }, (_, index) => index).values();
  const pusher = async (): Promise<void> => {
    for (const index of images) {
      const [stream, tag] = [Math.floor(index / tagsPerStream), index % tagsPerStream];
      const labels = { version: tagOf(tag), stream: String(stream) };
      await pushImage({ url }, repositoryOf(stream), tagOf(tag), {
        os: 'linux',
        architecture: 'amd64',
        labels,
      });
    }
  };
  await Promise.all(Array.from({ length: pushesAtOnce }, pusher));
}

/** The streams as users write them: all tags scheduled, nothing imported. */
export function imageStreams({ host }: Registry, { streams, tagsPerStream }: Size): readonly object[] {
  return Array.from({ length: streams }, (_, stream) => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: `app-${stream}`, namespace: namespaceOf(stream), generation: 1 },
    spec: {
      lookupPolicy: { local: true },
      tags: Array.from({ length: tagsPerStream }, (_, tag) => ({
        name: tagOf(tag),
        from: { kind: 'DockerImage', name: `${host}/${repositoryOf(stream)}:${tagOf(tag)}` },
        importPolicy: { scheduled: true, insecure: true },
        referencePolicy: { type: 'Source' },
      })),
    },
  }));
}

/** No limit a minute: it is the program that is measured, not its patience. */
export async function writeConfiguration(file: string, scheduledInterval: string): Promise<void> {
  const configuration = { import: { perRegistryPerMinute: 0, scheduledInterval } };
  await writeFile(file, JSON.stringify(configuration));
}

export async function writeKubeconfig(file: string, server: string): Promise<void> {
  const name = 'bench';
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(file, JSON.stringify(kubeconfig));
}

/** The programs that are measured, in copies of their own: somebody may build meanwhile. */
export async function programs(
  folder: string,
  against: string | undefined,
): Promise<readonly (readonly [name: string, program: string])[]> {
  const builds = [
    ['pinstream', await builtProgram()] as const,
    ...(against === undefined ? [] : [['against', against] as const]),
  ];
  return Promise.all(
    builds.map(async ([name, program]) => {
      const copy = join(folder, `${name}-dist`);
      await cp(dirname(program), copy, { recursive: true });
      return [name, join(copy, 'pinstream.js')] as const;
    }),
  );
}
