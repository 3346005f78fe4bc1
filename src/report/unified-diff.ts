/** Lines around a change that are shown with it. */
const contextLines = 3;

interface Line {
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * The change from one text to another, line by line, as `diff -u` and git write it; empty where there is none. The way from one
 * to the other is right, but not always the shortest: it is meant for texts that differ in a few lines.
 */
export function unifiedDiff(name: string, before: string, after: string): readonly string[] {
  if (before === after) return [];
  const lines = changed(linesOf(before), linesOf(after));
  const path = name.replace(/^(?:\.?\/)+/, '');
  return [`--- a/${path}`, `+++ b/${path}`, ...hunks(lines)];
}

/** With their line ends: whether the last line has one is a difference, too. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]+\n?|\n/g) ?? [];
}

/** All lines of both, in their order, removed ones before those that take their place. */
function changed(before: readonly string[], after: readonly string[]): readonly Line[] {
  const lines: Line[] = [];
  let [old, next] = [0, 0];
  while (old < before.length || next < after.length) {
    const [removed, added] = differing(before, old, after, next);
    for (const text of before.slice(old, old + removed)) lines.push({ kind: '-', text });
    for (const text of after.slice(next, next + added)) lines.push({ kind: '+', text });
    old += removed;
    next += added;
    const same = before[old];
    if (same === undefined) continue;
    lines.push({ kind: ' ', text: same });
    old += 1;
    next += 1;
  }
  return lines;
}

/** How many lines of each have to be passed over until both go on alike; the fewest together. */
function differing(
  before: readonly string[],
  old: number,
  after: readonly string[],
  next: number,
): readonly [removed: number, added: number] {
  const [olds, nexts] = [before.length - old, after.length - next];
  for (let passed = 0; passed < olds + nexts; passed += 1) {
    for (let removed = Math.max(0, passed - nexts + 1); removed <= passed && removed < olds; removed += 1) {
      const added = passed - removed;
      if (before[old + removed] === after[next + added]) return [removed, added];
    }
  }
  return [olds, nexts];
}

function hunks(lines: readonly Line[]): readonly string[] {
  let [at, old, next] = [0, 1, 1];
  /** Counts the lines up to an index. */
  const pass = (end: number): readonly Line[] => {
    const passed = lines.slice(at, end);
    old += passed.filter(({ kind }) => kind !== '+').length;
    next += passed.filter(({ kind }) => kind !== '-').length;
    at = end;
    return passed;
  };
  return groups(lines).flatMap(([first, last]) => {
    pass(Math.max(0, first - contextLines));
    const [oldStart, nextStart] = [old, next];
    const hunk = pass(Math.min(lines.length, last + 1 + contextLines));
    const [olds, nexts] = [old - oldStart, next - nextStart];
    return [
      `@@ -${rangeText(oldStart, olds)} +${rangeText(nextStart, nexts)} @@`,
      ...hunk.flatMap(shownLine),
    ];
  });
}

/** The first and the last changed line of each hunk: changes whose context would touch are one. */
function groups(lines: readonly Line[]): readonly (readonly [first: number, last: number])[] {
  const found: [number, number][] = [];
  for (const [index, { kind }] of lines.entries()) {
    if (kind === ' ') continue;
    const group = found.at(-1);
    if (group !== undefined && index - group[1] <= 2 * contextLines + 1) group[1] = index;
    else found.push([index, index]);
  }
  return found;
}

/** An empty range stands behind the line before it. */
function rangeText(start: number, count: number): string {
  if (count === 1) return String(start);
  return `${count === 0 ? start - 1 : start},${count}`;
}

function shownLine({ kind, text }: Line): readonly string[] {
  return text.endsWith('\n') ? [kind + text.slice(0, -1)] : [kind + text, '\\ No newline at end of file'];
}
