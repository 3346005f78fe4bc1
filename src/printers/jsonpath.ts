import { isObject } from '../json/untyped.ts';
import { goJson } from './go-json.ts';
import {
  parseTemplate,
  type Operator,
  type Parsed,
  type Slice,
  type Step,
  type TemplateNode,
} from './jsonpath-parse.ts';
import { byCodePoint } from './order.ts';

export type JsonPath =
  | {
      readonly ok: true;
      /** The template filled in. It fails where kubectl's does: an index that is out of bounds, unlike things compared. */
      evaluate(value: unknown): JsonPathText;
    }
  | { readonly ok: false; readonly message: string };

export type JsonPathText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/**
 * `-o jsonpath=TEMPLATE` as kubectl understands it: text outside braces stays, several results are joined by spaces, objects
 * and lists are JSON, what is missing is nothing. Members of an object come in the order of their names; kubectl's come in
 * any. `['key.with.dots']` is one key (see jsonpath-parse.ts).
 */
export function parseJsonPath(template: string): JsonPath {
  if (template === '') return { ok: false, message: 'template format specified but no template given' };
  const parsed = parseTemplate(template);
  if (!parsed.ok) return { ok: false, message: `error parsing jsonpath ${template}, ${parsed.message}` };
  return {
    ok: true,
    evaluate: (value) => {
      const filled = fill(parsed.value, value);
      if (filled.ok) return { ok: true, text: filled.value };
      const message = `error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${filled.message}`;
      return { ok: false, message };
    },
  };
}

function fill(nodes: readonly TemplateNode[], value: unknown): Parsed<string> {
  let text = '';
  for (const node of nodes) {
    const filled = fillNode(node, value);
    if (!filled.ok) return filled;
    text += filled.value;
  }
  return { ok: true, value: text };
}

function fillNode(node: TemplateNode, value: unknown): Parsed<string> {
  if (node.kind === 'text') return { ok: true, value: node.text };
  const results = walk([value], node.steps);
  if (!results.ok) return results;
  if (node.kind === 'expression') return { ok: true, value: results.value.map(resultText).join(' ') };
  // Without an {end} kubectl goes on behind the {range} as if there had been none.
  const turns = node.closed ? results.value : [...results.value, value];
  let text = '';
  for (const turn of turns) {
    const filled = fill(node.body, turn);
    if (!filled.ok) return filled;
    text += filled.value;
  }
  return { ok: true, value: text };
}

function resultText(result: unknown): string {
  return typeof result === 'string' ? result : goJson(result);
}

type Values = readonly unknown[];

function walk(start: Values, steps: readonly Step[]): Parsed<Values> {
  let values = start;
  for (const step of steps) {
    const next = walkStep(values, step);
    if (!next.ok) return next;
    values = next.value;
  }
  return { ok: true, value: values };
}

function walkStep(values: Values, step: Step): Parsed<Values> {
  switch (step.kind) {
    case 'literal':
      return found(typeof step.value === 'string' ? [step.value] : values.map(() => step.value));
    case 'field':
      return found(values.flatMap((value) => member(value, step.name)));
    case 'wildcard':
      return found(values.flatMap(members));
    case 'descend':
      return found(values.flatMap(descendants));
    case 'slice':
      return collect(values, (value) => sliceOf(value, step));
    case 'union':
      return collect(step.members, (path) => walk(values, path));
    case 'exists':
      return filter(values, (item) => {
        const left = walk([item], step.path);
        return { ok: true, value: left.ok && left.value.length > 0 };
      });
    case 'compare':
      return filter(values, (item) => holds(item, step));
  }
}

function found(value: Values): Parsed<Values> {
  return { ok: true, value };
}

function collect<T>(inputs: readonly T[], one: (input: T) => Parsed<Values>): Parsed<Values> {
  const all: unknown[] = [];
  for (const input of inputs) {
    const results = one(input);
    if (!results.ok) return results;
    for (const result of results.value) all.push(result);
  }
  return found(all);
}

function member(value: unknown, name: string): Values {
  const inner = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return inner === undefined ? [] : [inner];
}

function members(value: unknown): Values {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [];
  return Object.keys(value)
    .toSorted(byCodePoint)
    .flatMap((name) => member(value, name));
}

/** The value and everything in it that holds something; texts hold characters. */
function descendants(value: unknown): Values {
  if (typeof value === 'string') return value === '' ? [] : [value];
  const inner = members(value);
  return inner.length === 0 ? [] : [value, ...inner.flatMap(descendants)];
}

function sliceOf(value: unknown, slice: Slice): Parsed<Values> {
  if (value === null || value === undefined) return found([]);
  if (!Array.isArray(value)) return { ok: false, message: `${typeName(value)} is not array or slice` };
  const items: Values = value;
  const first = slice.start ?? 0;
  const isOne = slice.end === 'one';
  const last = slice.end === 'one' ? first + 1 : (slice.end ?? items.length);
  const start = first < 0 ? first + items.length : first;
  const end = last < 0 || (last === 0 && isOne) ? last + items.length : last;
  if (start === end) return found([]);
  const outOfBounds = (index: number): Parsed<Values> => ({
    ok: false,
    message: `array index out of bounds: index ${index}, length ${items.length}`,
  });
  if (start < 0 || start >= items.length) return outOfBounds(start);
  if (end < 0 || end > items.length) return outOfBounds(end - 1);
  if (start > end) {
    return { ok: false, message: `starting index ${start} is greater than ending index ${end}` };
  }
  const { step = 1 } = slice;
  if (step <= 0) return { ok: false, message: 'step must be > 0' };
  return found(items.slice(start, end).filter((_, index) => index % step === 0));
}

function filter(values: Values, keeps: (item: unknown) => Parsed<boolean>): Parsed<Values> {
  return collect(values, (value) => {
    if (!Array.isArray(value)) {
      return { ok: false, message: `${resultText(value)} is not array or slice and cannot be filtered` };
    }
    return collect(value as Values, (item) => {
      const kept = keeps(item);
      return kept.ok ? found(kept.value ? [item] : []) : kept;
    });
  });
}

function holds(item: unknown, { left, operator, right }: Step & { kind: 'compare' }): Parsed<boolean> {
  const lefts = walk([item], left);
  if (!lefts.ok) return lefts;
  const rights = walk([item], right);
  if (!rights.ok) return rights;
  if (lefts.value.length === 0 || rights.value.length === 0) return { ok: true, value: false };
  if (lefts.value.length > 1 || rights.value.length > 1) {
    return { ok: false, message: 'can only compare one element at a time' };
  }
  return compare(lefts.value[0], operator, rights.value[0]);
}

type Comparable = string | number | boolean;

function compare(left: unknown, operator: Operator, right: unknown): Parsed<boolean> {
  const isEquality = operator === '==' || operator === '!=';
  const isComparable = (value: unknown): value is Comparable =>
    typeof value === 'string' || typeof value === 'number' || (typeof value === 'boolean' && isEquality);
  if (!isComparable(left) || !isComparable(right)) {
    return { ok: false, message: 'invalid type for comparison' };
  }
  if (typeof left !== typeof right) return { ok: false, message: 'incompatible types for comparison' };
  return { ok: true, value: outcome(left, operator, right) };
}

function outcome(left: Comparable, operator: Operator, right: Comparable): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function typeName(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  return isObject(value) ? 'map' : typeof value;
}
