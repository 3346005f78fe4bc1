import { type Load, type LoadName } from './sample.ts';
import { findWrk, wrkLoad } from './wrk.ts';
import { javascriptLoad } from './javascript.ts';

/**
 * The generator asked for; by default wrk where it is, else the one in JavaScript.
 *
 * @throws when wrk is asked for and is not there
 */
export async function chooseLoad(wanted: LoadName | undefined): Promise<Load> {
  if (wanted === 'javascript') return javascriptLoad;
  if (await findWrk()) return wrkLoad;
  if (wanted === 'wrk') throw new Error('wrk is not on PATH; install it with: apt-get install wrk');
  return javascriptLoad;
}
