/** Randomness that one number repeats: what a run did can be done again. */
export interface Random {
  /** From 0 (included) to 1 (not). */
  next(): number;
  /** From 0 to `limit` - 1. */
  below(limit: number): number;
  pick<T>(values: readonly [T, ...T[]] | readonly T[]): T;
  /** True once in `of` times. */
  once(of: number): boolean;
}

/** Mulberry32: small, fast, good enough to stir test data with. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: <T>(values: readonly T[]) => {
      if (values.length === 0) throw new Error('nothing to pick from');
      return values[below(values.length)] as T;
    },
    once: (of) => below(of) === 0,
  };
}
