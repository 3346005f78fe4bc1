import { isObject } from '../json/untyped.ts';
import { byCodePoint } from './order.ts';

/** The value with the keys of all its objects sorted, and without those whose value is undefined: as Go writes maps. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([a], [b]) => byCodePoint(a, b));
  // A map, since an object would put keys that look like numbers first.
  return new Map(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

const htmlCharacters = /[<>&\u2028\u2029]/g;

/**
 * JSON as Go's encoder writes it: keys sorted; `<`, `>` and `&` escaped.
 *
 * @param indent spaces a level; 0: all on one line
 */
export function goJson(value: unknown, indent = 0): string {
  return write(sortKeys(value), indent === 0 ? undefined : ' '.repeat(indent), '').replace(
    htmlCharacters,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function write(value: unknown, step: string | undefined, outer: string): string {
  if (Array.isArray(value)) {
    return enclose(
      '[',
      value.map((item) => write(item, step, outer + (step ?? ''))),
      ']',
      step,
      outer,
    );
  }
  if (value instanceof Map) {
    const colon = step === undefined ? ':' : ': ';
    const members = [...(value as Map<string, unknown>)].map(
      ([key, inner]) => JSON.stringify(key) + colon + write(inner, step, outer + (step ?? '')),
    );
    return enclose('{', members, '}', step, outer);
  }
  return JSON.stringify(value ?? null);
}

function enclose(
  open: string,
  members: readonly string[],
  close: string,
  step: string | undefined,
  outer: string,
): string {
  if (members.length === 0) return open + close;
  if (step === undefined) return `${open}${members.join(',')}${close}`;
  const inner = outer + step;
  return `${open}\n${members.map((member) => inner + member).join(',\n')}\n${outer}${close}`;
}
