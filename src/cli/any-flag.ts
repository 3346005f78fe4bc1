import { globalFlags } from './global-flags.ts';
import { shapesOf, type FlagShape } from './go-arguments.ts';
import { verbs } from './verbs.ts';

/** How the flags of all verbs are read: for a line on which they stand in front of the verb. */
export async function anyFlagShapes(): Promise<readonly FlagShape[]> {
  const tables = await Promise.all(verbs.map(async ({ load }) => (await load()).flags));
  return [...tables.flatMap(shapesOf), ...shapesOf(globalFlags)];
}
