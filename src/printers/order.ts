/** The order in which Go sorts texts, and so kubectl keys and labels. */
export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
