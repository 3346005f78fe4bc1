import { afterAll, beforeAll } from '@jest/globals';
import { connectToCluster, type Connection } from '../../../src/kube/connect.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { eventually } from '../../support/eventually.ts';
import type { ControlPlane } from '../control-plane.ts';
import { commandsOn, type Commands } from '../manifests/commands.ts';
import { Streams } from './streams.ts';

/** What every suite of the importer works with. */
export interface World extends Commands {
  readonly client: () => KubeClient;
  readonly streams: Streams;
  readonly until: <T>(describe: string, check: () => Promise<T>, timeoutMs?: number) => Promise<T>;
}

/** For a `describe` block; connected before its tests. */
export function worldOn(cluster: () => ControlPlane): World {
  let connection: Connection | undefined;
  const client = (): KubeClient => {
    if (connection === undefined) throw new Error('not connected: client() is for tests and hooks');
    return connection.client;
  };
  beforeAll(async () => void (connection = await connectToCluster({ kubeconfig: cluster().kubeconfigPath })));
  afterAll(() => connection?.close());
  return {
    ...commandsOn(cluster),
    client,
    streams: new Streams(client),
    until: (describe, check, timeoutMs = 60_000) => eventually(check, { describe, timeoutMs }),
  };
}
