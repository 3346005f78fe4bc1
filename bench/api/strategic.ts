/** Lists whose entries are merged by name, as far as the bench patches any. */
const namedLists: ReadonlySet<string> = new Set(['containers', 'initContainers']);

/** A strategic merge patch (sig-api-machinery/strategic-merge-patch.md), without its directives. */
export function mergeStrategically(before: unknown, patch: unknown, key = ''): unknown {
  if (Array.isArray(patch)) return namedLists.has(key) ? mergeByName(asList(before), patch) : patch;
  if (!isObject(patch)) return patch;
  const old = isObject(before) ? before : {};
  const merged = Object.entries(patch).map(
    ([field, value]) => [field, mergeStrategically(old[field], value, field)] as const,
  );
  return { ...old, ...Object.fromEntries(merged.filter(([, value]) => value !== null)) };
}

function mergeByName(before: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const names = (list: readonly unknown[]) => list.map((entry) => (isObject(entry) ? entry.name : undefined));
  const [old, wanted] = [names(before), names(patch)];
  const kept = before.map((entry, at) => {
    const change = patch[wanted.indexOf(old[at])];
    return change === undefined ? entry : mergeStrategically(entry, change);
  });
  return [...kept, ...patch.filter((_, at) => !old.includes(wanted[at]))];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
