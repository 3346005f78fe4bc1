import { setTimeout as delay } from 'node:timers/promises';
import type { Streams } from '../cluster/importer/streams.ts';
import { namespace } from '../chaos/install.ts';

/** Streams that come and go all the time. */
export interface Churn {
  /** How many have gone so far. */
  readonly removed: () => number;
  readonly end: () => Promise<void>;
}

const pauseMs = 500;
/** How many there are at a time. */
const aliveMax = 5;

export function startChurn(streams: Streams): Churn {
  let made = 0;
  let ended = false;
  const isEnded = (): boolean => ended;
  const nameOf = (turn: number): string => `churn-${turn}`;
  const removed = (): number => Math.max(0, made - aliveMax);
  const run = async (): Promise<void> => {
    while (!isEnded()) {
      const image = `registry.test/team/churn@sha256:${String(made).padStart(64, '0')}`;
      const tags = [{ name: 'v1', from: { kind: 'DockerImage', name: image }, reference: true }];
      await streams.create(namespace, nameOf(made), tags);
      if (made >= aliveMax) await streams.remove(namespace, nameOf(made - aliveMax));
      made += 1;
      await delay(pauseMs);
    }
  };
  const running = run();
  // Whoever ends it is told.
  running.catch(() => undefined);
  return {
    removed,
    end: async () => {
      ended = true;
      await running;
    },
  };
}
