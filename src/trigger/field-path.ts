import { asList, asObject, asText, findObject } from '../json/untyped.ts';
import type { WorkloadKind } from '../workload/kinds.ts';

/** What a trigger's field path leads to. */
export type FieldTarget =
  | {
      readonly outcome: 'set';
      readonly list: ContainerList;
      readonly index: number;
      readonly container: string;
    }
  /** It is no path of this kind of object; upstream passes over it without a word. */
  | { readonly outcome: 'skipped' }
  | { readonly outcome: 'error'; readonly message: string };

export type ContainerList = (typeof lists)[number];
/** A name is looked for in init containers first, whatever the path says. */
const lists = ['initContainers', 'containers'] as const;

/**
 * Finds the container whose image a trigger sets (spec imagestream-system.md 4.2; vectors `triggerFieldPath`):
 *
 *     <pod spec path of the kind> "." list "[" selector "]" ["."] "image"
 *
 * where the selector is an index into that list, or `?(@.name=="NAME")`. Upstream's documentation shows the name in single
 * quotes, which its code refuses (vector fp-07): here they are accepted.
 */
export function locateContainer(fieldPath: string, kind: WorkloadKind, object: unknown): FieldTarget {
  const path = podSpecPath(kind);
  const start = `${path.join('.')}.`;
  if (!fieldPath.startsWith(start)) return { outcome: 'skipped' };
  const match = /^(initContainers|containers)\[([^\]]*)\]\.?image$/.exec(fieldPath.slice(start.length));
  if (match === null) return { outcome: 'error', message: `field path is not valid: ${fieldPath}` };
  const [, list = '', selector = ''] = match;
  const podSpec = findObject(object, path) ?? {};
  const found = select(podSpec, list === 'initContainers' ? list : 'containers', selector);
  return found ?? { outcome: 'error', message: `no such container: ${fieldPath}` };
}

/** The field path that names a container; what oc writes, for init containers too. */
export function fieldPathOf(kind: WorkloadKind, container: string): string {
  return `${podSpecPath(kind).join('.')}.containers[?(@.name=="${container}")].image`;
}

/** The names of an object's containers and of its init containers. */
export function containerNames(
  kind: WorkloadKind,
  object: unknown,
): { readonly containers: readonly string[]; readonly initContainers: readonly string[] } {
  const podSpec = findObject(object, podSpecPath(kind)) ?? {};
  const names = (list: ContainerList) => asList(podSpec[list]).map(nameOf);
  return { containers: names('containers'), initContainers: names('initContainers') };
}

/** Where a kind keeps its containers. */
export function podSpecPath({ template = [] }: WorkloadKind): readonly string[] {
  return [...template, 'spec'];
}

const nameStart = '?(@.name=="';
const nameEnd = '")';
const singleQuoted = /^\?\(@\.name=='([^'"]+)'\)$/;

function select(
  podSpec: Readonly<Record<string, unknown>>,
  list: ContainerList,
  selector: string,
): FieldTarget | undefined {
  const name = nameIn(selector);
  if (name !== undefined) {
    for (const candidate of lists) {
      const index = asList(podSpec[candidate]).findIndex(
        (container) => name !== '' && nameOf(container) === name,
      );
      if (index >= 0) return { outcome: 'set', list: candidate, index, container: name };
    }
    return undefined;
  }
  const index = /^[+-]?\d+$/.test(selector) ? Number(selector) : -1;
  const container = asList(podSpec[list])[index];
  return container === undefined
    ? undefined
    : { outcome: 'set', list, index: Math.abs(index), container: nameOf(container) };
}

/** The name between the two halves of the selector; upstream is content with one of them (vectors fp-29 and fp-30). */
function nameIn(selector: string): string | undefined {
  const [, inSingleQuotes] = singleQuoted.exec(selector) ?? [];
  if (inSingleQuotes !== undefined) return inSingleQuotes;
  const hasStart = selector.startsWith(nameStart);
  const rest = hasStart ? selector.slice(nameStart.length) : selector;
  const hasEnd = rest.endsWith(nameEnd);
  return hasStart || hasEnd ? rest.slice(0, rest.length - (hasEnd ? nameEnd.length : 0)) : undefined;
}

function nameOf(container: unknown): string {
  return asText(asObject(container).name);
}
