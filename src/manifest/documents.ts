import { LineCounter, parseAllDocuments } from 'yaml';

/** A text's objects, or the place that does not parse. */
export type Documents =
  | { readonly ok: true; readonly objects: readonly object[] }
  | { readonly ok: false; readonly place: Place; readonly message: string };

/** Where something stands in a text; all count from one. Line and column are 0 where only the document is known. */
export interface Place {
  readonly document: number;
  readonly line: number;
  readonly column: number;
}

const documentsMax = 10_000;

/**
 * Reads Kubernetes objects from JSON or YAML: one, many documents, Lists of them (flattened). Empty documents are passed
 * over. Never throws.
 */
export function readDocuments(text: string): Documents {
  const json = readJson(text);
  if (json !== undefined) return objectsOf([json]);
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false });
  if (!Array.isArray(documents)) return { ok: true, objects: [] };
  if (documents.length > documentsMax) return broken(documentsMax + 1, `more than ${documentsMax} documents`);
  const values: unknown[] = [];
  for (const [index, document] of documents.entries()) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      return { ok: false, place: { document: index + 1, line, column: col }, message: error.message };
    }
    try {
      values.push(document.toJS());
    } catch (failure) {
      // Too many aliases, for one: a text of a few lines must not become gigabytes.
      return broken(index + 1, failure instanceof Error ? failure.message : String(failure));
    }
  }
  return objectsOf(values);
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

function objectsOf(values: readonly unknown[]): Documents {
  const objects: object[] = [];
  for (const [index, value] of values.entries()) {
    if (value === null || value === undefined) continue;
    if (typeof value !== 'object' || Array.isArray(value))
      return broken(index + 1, 'not a Kubernetes object');
    const items = listItems(value);
    if (items === undefined) {
      objects.push(value);
      continue;
    }
    const inner = objectsOf(items);
    if (!inner.ok) return broken(index + 1, `item ${inner.place.document} of the list: ${inner.message}`);
    objects.push(...inner.objects);
  }
  return { ok: true, objects };
}

function listItems(value: object): readonly unknown[] | undefined {
  const { kind, items } = value as { readonly kind?: unknown; readonly items?: unknown };
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : undefined;
}

function broken(document: number, message: string): Documents {
  return { ok: false, place: { document, line: 0, column: 0 }, message };
}
