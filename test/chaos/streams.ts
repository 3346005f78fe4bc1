import type { KubeClient } from '../../src/kube/client.ts';
import { fromRegistry, pathOf, type Streams } from '../cluster/importer/streams.ts';
import type { Registry } from '../cluster/registry.ts';
import { eventually } from '../support/eventually.ts';
import { pushImage } from '../support/oci-images.ts';
import { Expectation, type Asked } from './answers.ts';
import { namespace } from './install.ts';
import type { Webhook } from './webhook.ts';

/** Anybody may use the short name of the stream. */
export const openToAll = { spec: { lookupPolicy: { local: true } } };
const waitMs = 180_000;

/** Lets a tag without a source stand for an image, as the importer would: it becomes the newest of a short history. */
export async function writeHistory(
  client: KubeClient,
  streams: Streams,
  [stream, tag]: readonly [stream: string, tag: string],
  { image, digest, generation }: { image: string; digest: string; generation: number },
): Promise<void> {
  const now = await streams.get(namespace, stream);
  const { items } = now.status?.tags?.find((candidate) => candidate.tag === tag) ?? {};
  const item = { created: '2024-01-02T03:04:05Z', dockerImageReference: image, image: digest, generation };
  const entry = { tag, items: [item, ...(items ?? [])].slice(0, 3) };
  const status = { ...now.status, tags: [entry] };
  await client.replace(`${pathOf(namespace, stream)}/status`, { ...now, status });
}

/** A tag that never moves. */
export async function makeFixed(client: KubeClient, streams: Streams): Promise<Asked> {
  const digest = `sha256:${'f1'.repeat(32)}`;
  const image = `registry.test/team/fixed@${digest}`;
  await streams.create(namespace, 'fixed', [], openToAll);
  await writeHistory(client, streams, ['fixed', '1'], { image, digest, generation: 1 });
  const expected = new Expectation();
  expected.open(image, 0);
  return { written: 'fixed:1', expected };
}

/** A tag that comes from a registry. */
export interface Imported extends Asked {
  /** Moves it in the registry, has it imported, and waits until all webhooks answer so. */
  readonly move: () => Promise<void>;
}

export function createImported(
  streams: Streams,
  registry: Registry,
  webhooks: () => readonly Webhook[],
): Imported {
  const expected = new Expectation();
  const written = 'imported:latest';
  let builds = 0;
  const move = async (): Promise<void> => {
    builds += 1;
    const { digest } = await pushImage(registry, 'team/imported', 'latest', {
      os: 'linux',
      architecture: 'amd64',
      labels: { build: String(builds) },
    });
    const image = `${registry.host}/team/imported@${digest}`;
    expected.open(image, performance.now());
    if (builds > 1) await streams.request('import', namespace, 'imported', 'latest');
    else {
      const tags = [fromRegistry('latest', registry, 'team/imported:latest')];
      await streams.create(namespace, 'imported', tags, openToAll);
    }
    await untilSeen(webhooks, written, image);
    expected.settle(performance.now());
  };
  return { written, expected, move };
}

/** Waits until all of the webhooks answer a name with this image. */
export async function untilSeen(
  webhooks: () => readonly Webhook[],
  name: string,
  image: string,
): Promise<void> {
  const check = async (): Promise<void> => {
    if (!(await seenByAll(webhooks(), name, image))) throw new Error('not by all');
  };
  await eventually(check, { describe: `all webhooks answer ${name} with ${image}`, timeoutMs: waitMs });
}

/** Whether all of them answer with this image now. One that does not answer, or ends meanwhile, is a no for now. */
export async function seenByAll(webhooks: readonly Webhook[], name: string, image: string): Promise<boolean> {
  const answers = await Promise.all(webhooks.map((webhook) => webhook.imageOf(name).catch(() => undefined)));
  return answers.every((answer) => answer === image);
}
