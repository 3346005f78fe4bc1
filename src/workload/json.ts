/** Reading untyped API objects, which may have any shape. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one where it is none. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The object at a path; undefined where a step is missing or is no object. */
export function objectAt(value: unknown, path: readonly string[]): JsonObject | undefined {
  let current = value;
  for (const step of path) current = asObject(current)[step];
  return isObject(current) ? current : undefined;
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
