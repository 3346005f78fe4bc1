import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { selfSigned } from '../../src/certs/issue.ts';
import { freePorts } from '../../test/cluster/loopback.ts';
import type { BenchOptions } from '../bench.ts';
import { programs } from '../import/scene.ts';
import { writeObjects } from '../scene/objects.ts';
import { review } from '../scene/reviews.ts';
import { startServer, type ServerProcess } from '../server-process.ts';
import type { RegistryCounts } from '../servers/registry.ts';

/** What all parts of the bench work with. */
export interface Scene {
  readonly folder: string;
  /** Builds of Pinstream that are measured: its own, and that of `--against`. */
  readonly builds: readonly (readonly [name: string, program: string])[];
  /** Pods with three containers each. */
  readonly bodies: { readonly stream: string; readonly fallback: string; readonly fresh: string };
}

/** A registry that has everything. */
export interface StubRegistry {
  /** An entry for the search list. */
  readonly place: string;
  readonly process: ServerProcess;
  counts(): Promise<RegistryCounts>;
  reset(): Promise<void>;
}

/** How images that were looked for became known: those under `failed` are not pinned. */
export type Lookups = Readonly<Record<'hit' | 'stale' | 'miss' | 'negative' | 'failed', number>>;

export interface Webhook {
  readonly process: ServerProcess;
  lookups(): Promise<Lookups>;
}

const streams = 200;
/** What images are below, in the registry. */
const prefix = 'bench';

export async function openScene(folder: string, { against }: BenchOptions): Promise<Scene> {
  await writeObjects(join(folder, 'objects'), streams);
  const { cert, key } = await selfSigned({ host: '127.0.0.1', now: new Date() });
  await writeFile(join(folder, 'server.pem'), cert);
  await writeFile(join(folder, 'server.key'), key, { mode: 0o600 });
  const bodyFile = async (set: 'hit' | 'miss' | 'fresh'): Promise<string> => {
    const file = join(folder, `${set}.json`);
    await writeFile(file, JSON.stringify(review('Pod', set, 3)));
    return file;
  };
  return {
    folder,
    builds: await programs(folder, against),
    bodies: {
      stream: await bodyFile('hit'),
      fallback: await bodyFile('miss'),
      fresh: await bodyFile('fresh'),
    },
  };
}

export async function startRegistry(answerMs: number): Promise<StubRegistry> {
  const process = await startServer([serverFile('registry.ts'), String(answerMs)]);
  return {
    place: `${new URL(process.url).host}/${prefix}`,
    process,
    counts: async () => (await (await request(`${process.url}/bench/counts`)).body.json()) as RegistryCounts,
    reset: async () => (await request(`${process.url}/bench/reset`)).body.dump(),
  };
}

/** A baseline of `bench/servers/`. */
export function startBaseline({ folder }: Scene, name: string, ...args: string[]): Promise<ServerProcess> {
  return startServer([serverFile(`${name}.ts`), ...pairOf(folder), ...args]);
}

let webhooks = 0;

/** `pinstream webhook` on the streams of the scene, which looks for all other names in the registry. */
export async function startWebhook(
  { folder }: Scene,
  program: string,
  { place }: StubRegistry,
  fallback: object,
): Promise<Webhook> {
  const config = join(folder, `config-${(webhooks += 1)}.yaml`);
  const registrySources = {
    containerRuntimeSearchRegistries: [place],
    insecureRegistries: [place.split('/', 1).join('')],
  };
  await writeFile(config, JSON.stringify({ registrySources, fallback }));
  const { metrics } = await freePorts(['metrics']);
  const [cert, key] = pairOf(folder);
  const args = [
    ...[program, 'webhook', '--objects', join(folder, 'objects'), '--config', config, '--port', '0'],
    ...['--metrics-port', String(metrics), '--tls-cert-file', cert, '--tls-private-key-file', key],
  ];
  // A home without credentials of whoever runs this.
  const started = await startServer(args, { PATH: process.env.PATH ?? '', HOME: folder });
  return { process: started, lookups: () => readLookups(`http://127.0.0.1:${metrics}/metrics`) };
}

async function readLookups(url: string): Promise<Lookups> {
  const text = await (await request(url)).body.text();
  const countOf = (result: string): number =>
    Number(
      new RegExp(`^pinstream_fallback_lookups_total\\{result="${result}"\\} (\\d+)`, 'm').exec(text)?.[1] ??
        0,
    );
  return {
    hit: countOf('hit'),
    stale: countOf('stale'),
    miss: countOf('miss'),
    negative: countOf('negative'),
    failed: countOf('failed'),
  };
}

function pairOf(folder: string): readonly [cert: string, key: string] {
  return [join(folder, 'server.pem'), join(folder, 'server.key')];
}

function serverFile(name: string): string {
  return fileURLToPath(new URL(`../servers/${name}`, import.meta.url));
}
