import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connectToCluster, type Connection } from '../../src/kube/connect.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { startController } from '../cluster/importer/controller.ts';
import { Streams } from '../cluster/importer/streams.ts';
import { commandsOn } from '../cluster/manifests/commands.ts';
import { startRegistry, type Registry } from '../cluster/registry.ts';
import { writeServiceAccountKubeconfig } from '../cluster/story/credentials.ts';
import { builtProgram } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { startApiProxy, type ApiProxy } from './api-proxy.ts';
import { startBalancer, type Balancer } from './balancer.ts';
import { seedCertificates } from './certificates.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { installBehind, namespace } from './install.ts';
import { startLoad, type Load } from './load.ts';
import { startMover, type Mover } from './mover.ts';
import { createImported, makeFixed, untilSeen, type Imported } from './streams.ts';

/** A cluster with Pinstream on it and people at work. */
export interface World {
  readonly cluster: ControlPlane;
  readonly admin: Connection;
  readonly streams: Streams;
  readonly balancer: Balancer;
  /** Between the webhooks and the API server. */
  readonly line: ApiProxy;
  readonly registry: Registry;
  readonly fleet: Fleet;
  readonly load: Load;
  readonly mover: Mover;
  readonly imported: Imported;
  /** The configuration file of all webhooks. */
  readonly config: string;
  readonly programs: { readonly current: string; readonly next: string };
}

/** A condition that a slow machine reaches as well. */
const waitMs = 120_000;
export const goodConfiguration = 'apiVersion: pinstream.dev/v1\nkind: Configuration\n';

/** Waits for something that a slow machine reaches as well. */
export function until<T>(describe: string, check: () => T | Promise<T>): Promise<T> {
  return eventually(check, { describe, timeoutMs: waitMs });
}

/**
 * Builds it up on a control plane: webhooks, two unless told, that keep their certificates by themselves, the
 * controllers, a registry, and the load.
 *
 * @param closing gets what ends it all, in the order of the calls, also when this throws half-way
 */
export async function startWorld(
  cluster: ControlPlane,
  closing: (() => Promise<unknown>)[],
  replicas = 2,
): Promise<World> {
  const admin = await connectToCluster({ kubeconfig: cluster.kubeconfigPath });
  closing.unshift(() => admin.close());
  const balancer = await startBalancer();
  closing.unshift(() => balancer.stop());
  const line = await startApiProxy(cluster);
  closing.unshift(() => line.stop());
  const registry = await startRegistry();
  closing.unshift(() => registry.remove());
  const commands = commandsOn(() => cluster);
  await installBehind(commands, balancer.port);
  await commands.kubectl(`create namespace ${namespace}`);
  await seedCertificates(admin.client);

  const folder = await mkdtemp(join(cluster.dir, 'webhooks-'));
  const config = join(folder, 'config.yaml');
  await writeFile(config, goodConfiguration);
  const overLine = { ...cluster, url: line.url, caCertificate: line.caCertificate };
  const kubeconfig = await writeServiceAccountKubeconfig(overLine, folder);
  const program = await builtProgram();
  const programs = { current: program, next: await copyOf(program, folder) };
  const fleet = createFleet(balancer, { folder, kubeconfig, config });
  closing.unshift(fleet.end);
  const controller = await startController(cluster);
  closing.unshift(() => controller.end());
  const added = Array.from({ length: replicas }, () => fleet.add(program));
  await Promise.all([...added, controller.untilLeads()]);

  const streams = new Streams(() => admin.client);
  const fixed = await makeFixed(admin.client, streams);
  for (const image of fixed.expected.right(0, 0)) await untilSeen(fleet.webhooks, fixed.written, image);
  const imported = createImported(streams, registry, fleet.webhooks);
  await imported.move();
  const mover = await startMover(admin.client, streams, fleet.webhooks);
  closing.unshift(mover.end);
  const untouched = [
    'nginx:1.27',
    `ghcr.io/team/pinned@sha256:${'ab'.repeat(32)}`,
    'docker.io/library/redis:7',
  ];
  const load = startLoad({ client: admin.client, names: [mover, fixed, imported], untouched });
  closing.unshift(load.end);
  await load.goOnFor(10);
  return {
    cluster,
    admin,
    streams,
    balancer,
    line,
    registry,
    fleet,
    load,
    mover,
    imported,
    config,
    programs,
  };
}

/** Another build: the same program at another place. */
async function copyOf(program: string, folder: string): Promise<string> {
  const copy = join(folder, 'next-build');
  await cp(dirname(program), copy, { recursive: true });
  return join(copy, 'pinstream.js');
}
