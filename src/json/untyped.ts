/**
 * Reading API objects, which may have any shape: nulls, missing keys and wrong types count as absent, so that reading
 * deeper needs no checks and one strange object never stops the others.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one where it is none. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The value as a list; an empty one where it is none. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a text; the empty one where it is none. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The entries whose values are texts: labels, annotations. */
export function asTextMap(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(asObject(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The object at a path; undefined where a step is missing or is no object. */
export function findObject(value: unknown, path: readonly string[]): JsonObject | undefined {
  let current = value;
  for (const step of path) current = asObject(current)[step];
  return isObject(current) ? current : undefined;
}

/** The object at `key` of `value`, or an empty one. */
export function objectAt(value: unknown, key: string): JsonObject {
  return asObject(asObject(value)[key]);
}

/** The string at `key` of `value`; undefined when it is absent, empty or something else. */
export function stringAt(value: unknown, key: string): string | undefined {
  const inner = asObject(value)[key];
  return typeof inner === 'string' && inner !== '' ? inner : undefined;
}
