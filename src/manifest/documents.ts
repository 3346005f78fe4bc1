import { isNode, LineCounter, parseAllDocuments, type Document } from 'yaml';

/** A text's objects, or the place that does not parse. */
export type Documents =
  | { readonly ok: true; readonly objects: readonly object[] }
  | {
      readonly ok: false;
      /** `syntax`: neither JSON nor YAML; `shape`: it is, but holds something else than objects. */
      readonly reason: 'syntax' | 'shape';
      readonly place: Place;
      readonly message: string;
    };

/** Where something stands in a text; all count from one. Line and column are 0 where only the document is known. */
export interface Place {
  readonly document: number;
  readonly line: number;
  readonly column: number;
}

const documentsMax = 10_000;
/** No object of Kubernetes comes near; deeper ones would take more stack to write than there is. */
const depthMax = 500;

/**
 * Reads Kubernetes objects from JSON or YAML: one, many documents, Lists of them (flattened). Empty documents are passed
 * over. YAML's merge keys (`<<`) work, as they do in kubectl. Never throws.
 */
export function readDocuments(text: string): Documents {
  const json = readJson(text);
  if (json !== undefined) return objectsOf([{ value: json, line: 1, column: 1 }]);
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, merge: true });
  if (!Array.isArray(documents)) return { ok: true, objects: [] };
  if (documents.length > documentsMax) return broken(documentsMax + 1, `more than ${documentsMax} documents`);
  const values: Placed[] = [];
  for (const [index, document] of documents.entries()) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      const place = { document: index + 1, line, column: col };
      return { ok: false, reason: 'syntax', place, message: error.message };
    }
    const { line, col } = lineCounter.linePos(startOf(document));
    try {
      values.push({ value: document.toJS(), line, column: col });
    } catch (failure) {
      // Too many aliases, for one: a text of a few lines must not become gigabytes.
      const message = failure instanceof Error ? failure.message : String(failure);
      return { ok: false, reason: 'syntax', place: { document: index + 1, line, column: col }, message };
    }
  }
  return objectsOf(values);
}

/** Where its contents begin; an empty document has none, whatever its type says. */
function startOf({ contents, range }: Document): number {
  return (isNode(contents) ? contents.range?.[0] : range?.[0]) ?? 0;
}

/** "document 2, line 3, column 5", as far as it is known. */
export function placeText({ document, line, column }: Place): string {
  return line === 0 ? `document ${document}` : `document ${document}, line ${line}, column ${column}`;
}

/** JSON is YAML, but much faster to read as what it is; a mistake in it is left for the reader that tells its place. */
function readJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A document's value, and where it begins. */
interface Placed {
  readonly value: unknown;
  readonly line: number;
  readonly column: number;
}

function objectsOf(values: readonly Placed[]): Documents {
  const objects: object[] = [];
  for (const [index, { value, line, column }] of values.entries()) {
    const place = { document: index + 1, line, column };
    if (value === null || value === undefined) continue;
    if (!fitsDepth(value)) {
      return { ok: false, reason: 'shape', place, message: `nested deeper than ${depthMax} levels` };
    }
    const flat = flattened(value);
    if (typeof flat === 'string') return { ok: false, reason: 'shape', place, message: flat };
    for (const object of flat) objects.push(object);
  }
  return { ok: true, objects };
}

/** An object, or the objects of a List; a text says what it is not. */
function flattened(value: unknown): readonly object[] | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a Kubernetes object';
  const items = listItems(value);
  if (items === undefined) return [value];
  const objects: object[] = [];
  for (const [index, item] of items.entries()) {
    const inner = item === null ? [] : flattened(item);
    if (typeof inner === 'string') return `item ${index + 1} of the list: ${inner}`;
    for (const object of inner) objects.push(object);
  }
  return objects;
}

/** Aliases can make a value appear in many places, and in itself: each one's height is found once. */
function fitsDepth(value: unknown): boolean {
  const heights = new Map<object, number>();
  const heightOf = (inner: unknown, depth: number): number => {
    if (typeof inner !== 'object' || inner === null) return 0;
    const known = heights.get(inner);
    if (known !== undefined) return known;
    if (depth > depthMax) return Infinity;
    heights.set(inner, Infinity);
    const height =
      1 + Object.values(inner).reduce((most: number, next) => Math.max(most, heightOf(next, depth + 1)), 0);
    heights.set(inner, height);
    return height;
  };
  return heightOf(value, 1) <= depthMax;
}

function listItems(value: object): readonly unknown[] | undefined {
  const { kind, items } = value as { readonly kind?: unknown; readonly items?: unknown };
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : undefined;
}

function broken(document: number, message: string): Documents {
  return { ok: false, reason: 'shape', place: { document, line: 0, column: 0 }, message };
}
