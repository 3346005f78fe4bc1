import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '../../src/kube/client.ts';
import type { Streams } from '../cluster/importer/streams.ts';
import { eventually } from '../support/eventually.ts';
import { Expectation, type Asked } from './answers.ts';
import { namespace } from './install.ts';
import { openToAll, seenByAll, writeHistory } from './streams.ts';
import type { Webhook } from './webhook.ts';

/** A tag that somebody moves all the time. Its history is written here: nobody imports it. */
export interface Mover extends Asked {
  /** Waits until a move has been seen by everybody that began from now on. */
  readonly untilMoved: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const restMs = 1_000;
const waitMs = 180_000;

const digestOf = (move: number): string => `sha256:${String(move).padStart(64, '0')}`;
const imageOf = (move: number): string => `registry.test/team/moving@${digestOf(move)}`;

/** @param webhooks all processes that run, whether they are ready or not: any of them may answer soon */
export async function startMover(
  client: KubeClient,
  streams: Streams,
  webhooks: () => readonly Webhook[],
): Promise<Mover> {
  const expected = new Expectation();
  const written = 'moving:v1';
  let moves = 0;
  let settled = 0;
  let ended = false;
  const isEnded = (): boolean => ended;

  const write = async (): Promise<boolean> => {
    const item = { image: imageOf(moves), digest: digestOf(moves), generation: moves };
    // The API server may be away.
    return writeHistory(client, streams, ['moving', 'v1'], item).then(
      () => true,
      () => false,
    );
  };
  const move = async (): Promise<void> => {
    moves += 1;
    expected.open(imageOf(moves), performance.now());
    while (!isEnded() && !(await write())) await delay(200);
    while (!isEnded() && !(await seenByAll(webhooks(), written, imageOf(moves)))) await delay(50);
    if (isEnded()) return;
    expected.settle(performance.now());
    settled += 1;
  };
  const run = async (): Promise<void> => {
    while (!isEnded()) {
      await move();
      await delay(restMs);
    }
  };

  await streams.create(namespace, 'moving', [], openToAll);
  await move();
  const running = run();
  return {
    written,
    expected,
    untilMoved: async () => {
      // The one that is under way may have begun before.
      const goal = settled + 2;
      const reached = (): void => {
        if (settled < goal) throw new Error(`${settled} of ${goal} moves`);
      };
      await eventually(reached, { describe: `${written} moves on`, timeoutMs: waitMs });
    },
    end: async () => {
      ended = true;
      await running;
    },
  };
}
