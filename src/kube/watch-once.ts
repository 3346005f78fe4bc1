import type { KubeClient, View, WatchEvent } from './client.ts';
import type { Clock } from './clock.ts';
import { TransportError } from './transport-error.ts';

export interface WatchOptions {
  readonly client: KubeClient;
  /** Of the collection; it may have a query, a selector. */
  readonly path: string;
  /** The resourceVersion after which events are wanted; none ('') begins with an event for each object that there is. */
  readonly from: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WatchEvent) => void;
  readonly view?: View;
}

/**
 * A connection that says nothing for four minutes is given up: kube-apiserver sends a bookmark every minute or two (1.36:
 * two), and a peer that vanished without a word is otherwise noticed by TCP only after eleven.
 */
const quietMaxMs = 240_000;
const quietCheckMs = 30_000;
const lifeMinMs = 1000;

/**
 * One watch connection from beginning to end: `closed` by the server, or `quiet` and given up. Throws as `client.watch`,
 * and when the server closed it at once (nothing else would slow such a loop down). The server is asked to close after
 * 5 to 10 minutes, at random, so that the watches of many clients do not come back together.
 */
export async function watchOnce(options: WatchOptions): Promise<'closed' | 'quiet'> {
  const { client, clock, signal, onEvent } = options;
  const openedMs = clock.now();
  const guard = guardAgainstSilence(clock, signal);
  try {
    for await (const event of client.watch(pathOf(options), guard.signal, options.view)) {
      guard.heard();
      onEvent(event);
    }
  } catch (error) {
    if (guard.gaveUp()) return 'quiet';
    throw error;
  } finally {
    guard.end();
  }
  if (clock.now() - openedMs < lifeMinMs)
    throw new TransportError('io', 'the server closed the watch at once');
  return 'closed';
}

function pathOf({ path, from, random }: WatchOptions): string {
  const query = new URLSearchParams({
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(300 + Math.floor(random() * 301)),
  });
  return `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`;
}

interface SilenceGuard {
  readonly signal: AbortSignal;
  heard(): void;
  gaveUp(): boolean;
  end(): void;
}

function guardAgainstSilence(clock: Clock, outer: AbortSignal): SilenceGuard {
  const controller = new AbortController();
  let heardMs = clock.now();
  let gaveUp = false;
  const end = (): void => {
    outer.removeEventListener('abort', end);
    controller.abort();
  };
  outer.addEventListener('abort', end);
  if (outer.aborted) end();
  const ended = (): boolean => controller.signal.aborted;
  const check = async (): Promise<void> => {
    while (!ended()) {
      await clock.sleep(quietCheckMs, controller.signal);
      gaveUp ||= !ended() && clock.now() - heardMs >= quietMaxMs;
      if (gaveUp) end();
    }
  };
  void check();
  return { signal: controller.signal, heard: () => (heardMs = clock.now()), gaveUp: () => gaveUp, end };
}
