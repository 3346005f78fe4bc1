import { isNode, isScalar, LineCounter, parseAllDocuments, visit, type Document } from 'yaml';

/** A text's documents as plain values, or the place that does not parse. */
export type Values = { readonly ok: true; readonly values: readonly PlacedValue[] } | Unreadable;

export interface Unreadable {
  readonly ok: false;
  /** `syntax`: neither JSON nor YAML; `shape`: it is, but holds something else than objects; `size`: more than is read. */
  readonly reason: 'syntax' | 'shape' | 'size';
  readonly place: Place;
  readonly message: string;
}

/** Where something stands in a text; all count from one. Line and column are 0 where only the document is known. */
export interface Place {
  readonly document: number;
  readonly line: number;
  readonly column: number;
}

/** A document's value, and where it begins. An empty document's is null or undefined. */
export interface PlacedValue {
  readonly value: unknown;
  readonly place: Place;
}

const documentsMax = 10_000;
/** Each is looked for among the anchors before it. Far more than a manifest has. */
const aliasesMax = 1000;
/** No object of Kubernetes comes near; deeper ones would take more stack to write than there is. */
const depthMax = 500;

/**
 * Reads the documents of a JSON or YAML text, empty ones too, so that they can be counted. YAML's merge keys (`<<`) work,
 * as they do in kubectl. Never throws.
 *
 * @param yamlMax how many characters of YAML are read; JSON, which costs a hundredth, is not meant
 */
export function readValues(text: string, yamlMax = Infinity): Values {
  const json = readJson(text);
  if (json !== undefined) return fitting([{ value: json, place: { document: 1, line: 1, column: 1 } }]);
  if (text.length > yamlMax) {
    const place = { document: 1, line: 0, column: 0 };
    return { ok: false, reason: 'size', place, message: `more than ${yamlMax} characters of YAML` };
  }
  return readYaml(text, false);
}

/** A text's documents as plain values, and as the parser's nodes with the tokens that they were made of. */
export type Source = (Values & { readonly ok: true; readonly documents: readonly Document[] }) | Unreadable;

/** Reads the documents of a text for editing them: once, where it is not JSON. */
export function readSource(text: string): Source {
  // What is too deep as JSON has to be found before the other parser goes down there.
  const json = readJson(text) === undefined ? undefined : readValues(text);
  return json?.ok === false ? json : readYaml(text, true);
}

function readYaml(text: string, keepSourceTokens: boolean): Source {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter,
    keepSourceTokens,
    prettyErrors: false,
    merge: true,
    // The parser compares each key with all before it, for minutes where there are many; see `repeatedKey`.
    uniqueKeys: false,
  });
  if (!Array.isArray(documents)) return { ok: true, values: [], documents: [] };
  if (documents.length > documentsMax) {
    const place = { document: documentsMax + 1, line: 0, column: 0 };
    return { ok: false, reason: 'shape', place, message: `more than ${documentsMax} documents` };
  }
  const values: PlacedValue[] = [];
  for (const [index, document] of documents.entries()) {
    const error = firstError(text, document);
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.at);
      const place = { document: index + 1, line, column: col };
      return { ok: false, reason: 'syntax', place, message: error.message };
    }
    const { line, col } = lineCounter.linePos(startOf(document));
    const place = { document: index + 1, line, column: col };
    try {
      values.push({ value: document.toJS(), place });
    } catch (failure) {
      // Too many aliases, for one: a text of a few lines must not become gigabytes.
      const message = failure instanceof Error ? failure.message : String(failure);
      return { ok: false, reason: 'syntax', place, message };
    }
  }
  const read = fitting(values);
  return read.ok ? { ...read, documents } : read;
}

interface Mistake {
  readonly at: number;
  readonly message: string;
}

/** What the parser found, and a key that stands twice; the one that comes first. */
function firstError(text: string, document: Document): Mistake | undefined {
  const [error] = document.errors;
  const found = error === undefined ? undefined : { at: error.pos[0], message: error.message };
  const own = repeatedKey(document) ?? tooManyAliases(text, document);
  return own === undefined || (found !== undefined && found.at <= own.at) ? found : own;
}

/** The first key that a mapping has already, as YAML 1.2 (3.2.1.1) forbids it. */
function repeatedKey(document: Document): Mistake | undefined {
  let first: Mistake | undefined;
  visit(document, {
    Map: (_key, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const at = key.range?.[0] ?? 0;
        if (seen.has(key.value) && at < (first?.at ?? Infinity))
          first = { at, message: 'Map keys must be unique' };
        seen.add(key.value);
      }
    },
  });
  return first;
}

function tooManyAliases(text: string, document: Document): Mistake | undefined {
  // Most have none, and need not be gone through.
  if (!text.includes('*')) return undefined;
  let [count, at] = [0, -1];
  visit(document, {
    Alias: (_key, { range }) => {
      count += 1;
      if (count === aliasesMax + 1) at = range?.[0] ?? 0;
    },
  });
  return count > aliasesMax ? { at, message: `more than ${aliasesMax} aliases` } : undefined;
}

/** "document 2, line 3, column 5", as far as it is known. */
export function placeText({ document, line, column }: Place): string {
  return line === 0 ? `document ${document}` : `document ${document}, line ${line}, column ${column}`;
}

/** Where its contents begin; an empty document has none, whatever its type says. */
function startOf({ contents, range }: Document): number {
  return (isNode(contents) ? contents.range?.[0] : range?.[0]) ?? 0;
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

function fitting(values: readonly PlacedValue[]): Values {
  const tooDeep = values.find(({ value }) => !fitsDepth(value));
  if (tooDeep === undefined) return { ok: true, values };
  const message = `nested deeper than ${depthMax} levels`;
  return { ok: false, reason: 'shape', place: tooDeep.place, message };
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
