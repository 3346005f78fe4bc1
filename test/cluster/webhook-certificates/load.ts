import type { KubeClient } from '../../../src/kube/client.ts';
import { eventually } from '../../support/eventually.ts';
import { namespace } from './configurations.ts';

/** Requests one after the other, for as long as it is not ended. */
export interface Load {
  readonly succeeded: () => number;
  /** Each message once. */
  readonly failures: () => readonly string[];
  /** Waits for so many further answers, good or bad. */
  readonly goOnFor: (answers: number) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** A request that API servers show to every webhook and then do not carry out. */
export function createConfigMap(
  client: KubeClient,
  labels: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const metadata = { generateName: 'probe-', labels };
  return client.create(`/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, { metadata });
}

export function startLoad(client: KubeClient): Load {
  let succeeded = 0;
  let ended = false;
  let failed = 0;
  const failures = new Set<string>();
  const isEnded = (): boolean => ended;
  const run = async (): Promise<void> => {
    while (!isEnded()) {
      await createConfigMap(client).then(
        () => (succeeded += 1),
        (error: unknown) => {
          failed += 1;
          failures.add(String(error));
        },
      );
    }
  };
  const running = Promise.all([run(), run()]);
  const answers = (): number => succeeded + failed;
  return {
    succeeded: () => succeeded,
    failures: () => [...failures],
    goOnFor: async (count) => {
      const goal = answers() + count;
      const reached = (): void => {
        if (answers() < goal) throw new Error(`${answers()} of ${goal} answers`);
      };
      await eventually(reached, { describe: 'the load', timeoutMs: 30_000 });
    },
    end: async () => {
      ended = true;
      await running;
    },
  };
}
