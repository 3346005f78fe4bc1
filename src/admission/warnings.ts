/** The API server drops warnings with newlines and cuts what is long; kubectl shows all there are. */
const lengthMax = 120;
const countMax = 10;

/** Makes texts fit for the warning header: one line each, cut, without repetition, and not too many. */
export function oneLiners(texts: readonly string[]): readonly string[] {
  // Long names that are cut to the same text are still several.
  const unique = [...new Set(texts)].map(oneLine);
  if (unique.length <= countMax) return unique;
  const shown = unique.slice(0, countMax - 1);
  return [...shown, `${unique.length - shown.length} more images have warnings; a dry run shows all of them`];
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}…`;
}
