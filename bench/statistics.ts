/** The middle value; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * The median of what each round says on its own: on a noisy machine the rounds differ more than what is compared, and
 * both sides of a round saw the same noise.
 */
export function ratio(rounds: readonly number[], baseline: readonly number[]): number {
  return median(rounds.map((value, round) => value / (baseline[round] ?? NaN)));
}

/** The items, beginning with another one each round, so that none always comes first. */
export function rotated<T>(items: readonly T[], round: number): readonly T[] {
  const start = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
