import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** So long, at least, every node's rules may still lead new connections to a pod that is going. */
const lagMsMin = 5_000;
/** After that it is over when nobody has come for this long. */
const quietMs = 1_000;
/** What a pod has is 30 s altogether, of which requests under way need some. */
const lagMsMax = 15_000;
const lookMs = 100;

/** Waits until the Service leads no new connections here, as far as that can be told from here. */
export async function untilNobodyComes(server: Server): Promise<void> {
  const startedMs = performance.now();
  let cameMs = startedMs;
  const came = (): void => {
    cameMs = performance.now();
  };
  server.on('connection', came);
  await delay(lagMsMin);
  while (performance.now() - cameMs < quietMs && performance.now() - startedMs < lagMsMax)
    await delay(lookMs);
  server.off('connection', came);
}
