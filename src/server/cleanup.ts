/** What has to be let go of again, in the order in which it was taken. */
export type Cleanup = (() => Promise<void> | void)[];

/** Lets go of everything, the last taken first. */
export async function runAll(cleanup: Cleanup): Promise<void> {
  for (const step of cleanup.toReversed()) await step();
}
