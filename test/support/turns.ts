/** Lets the event loop turn: all that is ready runs, and what that makes ready, `count` times. No time passes. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
