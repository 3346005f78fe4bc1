import { asTextMap } from '../json/untyped.ts';
import { byCodePoint } from './order.ts';
import { escapeTerminal } from './tabs.ts';

/** The lines of `oc describe` as cells: a label, then its value in one line or more (spec imagestream-system.md 5.7). */
export type Lines = string[][];

const none = '<none>';

/** `Label:  value`; further lines of the value stand below it, and nothing is `<none>`. */
export function labelled(label: string, value: string): Lines {
  return labelledLines(label, value === '' ? [none] : value.split('\n'));
}

/** `Label:  first`, the others below. */
export function labelledLines(label: string, values: readonly string[]): Lines {
  return values.map((value, index) => [index === 0 ? `${label}:` : '', escapeTerminal(value)]);
}

/**
 * A line for each entry, sorted; `<none>` where there are none. An entry that ends with a line end, as kubectl's own
 * annotation does, is not followed by an empty line; upstream prints one.
 */
export function labelledMap(label: string, map: unknown): Lines {
  const entries = Object.entries(asTextMap(map)).toSorted(([a], [b]) => byCodePoint(a, b));
  const lines = entries.flatMap(([key, value]) => `${key}=${value}`.replace(/\n$/, '').split('\n'));
  return labelledLines(label, lines.length === 0 ? [none] : lines);
}

/** Annotations, and before them the one that describes the object. */
export function annotationLines(annotations: unknown): Lines {
  const { description = '', ...others } = asTextMap(annotations);
  return [
    ...(description === '' ? [] : labelled('Description', description)),
    ...labelledMap('Annotations', others),
  ];
}
