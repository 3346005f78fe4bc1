import { readValues, type Unreadable } from './values.ts';

export { placeText, type Place } from './values.ts';

/** A text's objects, or the place that does not parse. */
export type Documents = { readonly ok: true; readonly objects: readonly object[] } | Unreadable;

/** A text's objects and where each stands, or the place that does not parse. */
export type PlacedDocuments = { readonly ok: true; readonly objects: readonly PlacedObject[] } | Unreadable;

export interface PlacedObject {
  readonly object: object;
  readonly at: ObjectPlace;
}

/** Where an object stands in a text, for editing it there. */
export interface ObjectPlace {
  /** Counts from 0; empty documents count. */
  readonly document: number;
  /** The way into Lists: its index in the List of the document, its index in the List that stands there… */
  readonly items?: readonly number[];
}

/**
 * Reads Kubernetes objects from JSON or YAML: one, many documents, Lists of them (flattened). Empty documents are passed
 * over. YAML's merge keys (`<<`) work, as they do in kubectl. Never throws.
 *
 * @param yamlMax how many characters of YAML are read
 */
export function readDocuments(text: string, yamlMax = Infinity): Documents {
  const documents = readPlacedDocuments(text, yamlMax);
  return documents.ok ? { ok: true, objects: documents.objects.map(({ object }) => object) } : documents;
}

/** As `readDocuments`, with the place of each object. */
export function readPlacedDocuments(text: string, yamlMax = Infinity): PlacedDocuments {
  const read = readValues(text, yamlMax);
  if (!read.ok) return read;
  const objects: PlacedObject[] = [];
  for (const [document, { value, place }] of read.values.entries()) {
    if (value === null || value === undefined) continue;
    const flat = flattened(value, document, []);
    if (typeof flat === 'string') return { ok: false, reason: 'shape', place, message: flat };
    for (const object of flat) objects.push(object);
  }
  return { ok: true, objects };
}

/** The items of a List of any kind; undefined for everything else. */
export function listItems(value: object): readonly unknown[] | undefined {
  const { kind, items } = value as { readonly kind?: unknown; readonly items?: unknown };
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : undefined;
}

/** An object, or the objects of a List; a text says what it is not. */
function flattened(
  value: unknown,
  document: number,
  path: readonly number[],
): readonly PlacedObject[] | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a Kubernetes object';
  const items = listItems(value);
  if (items === undefined)
    return [{ object: value, at: path.length === 0 ? { document } : { document, items: path } }];
  const objects: PlacedObject[] = [];
  for (const [index, item] of items.entries()) {
    const inner = item === null ? [] : flattened(item, document, [...path, index]);
    if (typeof inner === 'string') return `item ${index + 1} of the list: ${inner}`;
    for (const object of inner) objects.push(object);
  }
  return objects;
}
