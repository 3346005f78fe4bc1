import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** Any value that YAML or JSON can hold. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };
export type Fields = Readonly<Record<string, Value>>;

const root = join(import.meta.dirname, '..', '..');

/** The YAML files under a folder of the project, by their paths in it. */
export function yamlFiles(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** The objects of a YAML file of the project. Throws what the parser says, warnings too. */
export function readObjects(path: string): Fields[] {
  const documents = parseAllDocuments(readFileSync(join(root, path), 'utf8'));
  return [...documents].map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw new Error(`${path}: ${problem.message}`);
    return fields(document.toJS() as Value);
  });
}

/** The only object of a file. */
export function readObject(path: string): Fields {
  const [object, ...others] = readObjects(path);
  if (object === undefined || others.length > 0) throw new Error(`${path}: one object expected`);
  return object;
}

/** The value as an object; absent counts as empty. Throws when it is something else. */
export function fields(value: Value | undefined): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new Error(`object expected: ${JSON.stringify(value)}`);
  return value as Fields;
}

/** The value as a list; absent counts as empty. Throws when it is something else. */
export function list(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`list expected: ${JSON.stringify(value)}`);
  return value as readonly Value[];
}

/** The value as text. Throws when it is something else. */
export function text(value: Value | undefined): string {
  if (typeof value !== 'string') throw new Error(`text expected: ${JSON.stringify(value)}`);
  return value;
}

/** What lies at a path such as `spec.template.spec`, numbers counting in lists. */
export function at(value: Value | undefined, path: string): Value | undefined {
  return path.split('.').reduce<Value | undefined>((here, key) => {
    if (Array.isArray(here)) return (here as readonly Value[])[Number(key)];
    return fields(here)[key];
  }, value);
}
