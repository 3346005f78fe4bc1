/**
 * kubectl's JSONPath templates, parsed: text, with expressions in braces. The grammar is kubectl's own, not that of
 * RFC 9535 (https://kubernetes.io/docs/reference/kubectl/jsonpath/).
 */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly steps: readonly Step[] }
  | {
      readonly kind: 'range';
      readonly steps: readonly Step[];
      readonly body: readonly TemplateNode[];
      /** There is an `{end}`. */
      readonly closed: boolean;
    };

export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | ({ readonly kind: 'slice' } & Slice)
  | { readonly kind: 'union'; readonly members: readonly (readonly Step[])[] }
  | { readonly kind: 'exists'; readonly path: readonly Step[] }
  | {
      readonly kind: 'compare';
      readonly left: readonly Step[];
      readonly operator: Operator;
      readonly right: readonly Step[];
    };

/** `[start:end:step]`; `[3]` is the slice of one item. */
export interface Slice {
  readonly start: number | undefined;
  readonly end: number | undefined | 'one';
  readonly step: number | undefined;
}

const operators = ['==', '!=', '<', '<=', '>', '>='] as const;
export type Operator = (typeof operators)[number];

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** Parses a whole template. */
export function parseTemplate(template: string): Parsed<readonly TemplateNode[]> {
  const bodies: TemplateNode[][] = [[]];
  const ranges: (readonly Step[])[] = [];
  const close = (closed: boolean): void => {
    const body = bodies.pop() ?? [];
    bodies.at(-1)?.push({ kind: 'range', steps: ranges.pop() ?? [], body, closed });
  };
  let at = 0;
  while (at < template.length) {
    const brace = template.indexOf('{', at);
    const text = template.slice(at, brace < 0 ? undefined : brace);
    if (text !== '') bodies.at(-1)?.push({ kind: 'text', text });
    if (brace < 0) break;
    const action = parseAction(template, brace + 1, '}');
    if (!action.ok) return action;
    at = action.value.end;
    const { keyword, steps } = action.value;
    if (keyword === 'range') {
      ranges.push(steps);
      bodies.push([]);
    } else if (keyword === 'end') {
      if (ranges.length === 0) return failed('not in range, nothing to end');
      close(true);
    } else {
      bodies.at(-1)?.push({ kind: 'expression', steps });
    }
  }
  while (ranges.length > 0) close(false);
  return { ok: true, value: bodies[0] ?? [] };
}

interface Action {
  readonly keyword: 'range' | 'end' | undefined;
  readonly steps: readonly Step[];
  /** Where the text goes on behind it. */
  readonly end: number;
}

const nameCharacter = String.raw`[^\s.,[\]$@{}\\]`;
const tokens = {
  skipped: /[ @$]+/y,
  descend: /\.\.(?<name>[\p{L}\p{N}_](?:\\.|[^\s.,[\]$@{}\\])*)?/uy,
  field: new RegExp(String.raw`\.(?<name>(?:\\.|${nameCharacter})*)`, 'suy'),
  array: /\[(?<index>[^\]\n]*)\]/y,
  quoted: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y,
  number: /[+-][\d.]*|\d[\d.]*/y,
  word: /[\p{L}\p{N}_][^\s.,[\]$@{}]*/uy,
};

/**
 * Parses one expression.
 *
 * @param closing what ends it; empty: the end of the text, as in a filter
 */
function parseAction(text: string, start: number, closing: '}' | ''): Parsed<Action> {
  const steps: Step[] = [];
  let keyword: Action['keyword'];
  let at = start;
  const take = (token: RegExp): RegExpExecArray | undefined => {
    token.lastIndex = at;
    const match = token.exec(text) ?? undefined;
    at += match?.[0].length ?? 0;
    return match;
  };
  for (;;) {
    if (at >= text.length || text[at] === '\n' || text[at] === '\r') {
      return closing === '' && at >= text.length
        ? { ok: true, value: { keyword, steps, end: at } }
        : failed('unclosed action');
    }
    if (closing !== '' && text.startsWith(closing, at)) {
      return { ok: true, value: { keyword, steps, end: at + closing.length } };
    }
    if (take(tokens.skipped)) continue;
    if (text.startsWith('[?(', at)) {
      const filter = parseFilter(text, at + 3);
      if (!filter.ok) return filter;
      steps.push(filter.value.step);
      at = filter.value.end;
      continue;
    }
    const descend = take(tokens.descend);
    if (descend) {
      if (steps.at(-1)?.kind === 'descend') return failed('invalid multiple recursive descent');
      steps.push({ kind: 'descend' });
      const name = descend.groups?.name;
      if (name !== undefined) steps.push({ kind: 'field', name: unescape(name) });
      continue;
    }
    const field = take(tokens.field);
    if (field) {
      const name = field.groups?.name ?? '';
      steps.push(name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: unescape(name) });
      continue;
    }
    if (text[at] === '[') {
      const array = take(tokens.array);
      if (!array) return failed('unterminated array');
      const step = parseIndex(array.groups?.index ?? '');
      if (!step.ok) return step;
      steps.push(step.value);
      continue;
    }
    if (text[at] === '"' || text[at] === "'") {
      const quoted = take(tokens.quoted);
      if (!quoted) return failed('unterminated quoted string');
      const unquoted = unquote(quoted[0]);
      if (!unquoted.ok) return unquoted;
      steps.push({ kind: 'literal', value: unquoted.value });
      continue;
    }
    const number = take(tokens.number);
    if (number) {
      const value = Number(number[0]);
      if (Number.isNaN(value)) return failed(`cannot parse number ${number[0]}`);
      steps.push({ kind: 'literal', value });
      continue;
    }
    const word = take(tokens.word)?.[0];
    if (word === 'true' || word === 'false') steps.push({ kind: 'literal', value: word === 'true' });
    else if (closing !== '' && steps.length === 0 && (word === 'range' || word === 'end')) keyword = word;
    else if (word !== undefined) return failed(`unrecognized identifier ${word}`);
    else return failed(`unrecognized character in action: ${codePoint(text, at)}`);
  }
}

function failed(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

function codePoint(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`;
}

function unescape(name: string): string {
  return name.replaceAll('\\', '');
}

/**
 * What stands between square brackets. A quoted key is one key here, with or without a backslash before its dots; kubectl
 * takes `['a.b']` for two and wants `['a\.b']`.
 */
function parseIndex(text: string): Parsed<Step> {
  const members = text.split(',');
  if (members.length > 1) {
    const union: Step[][] = [];
    for (const member of members) {
      const step = parseIndex(member.trim());
      if (!step.ok) return step;
      union.push([step.value]);
    }
    return { ok: true, value: { kind: 'union', members: union } };
  }
  if (text === '*') {
    return { ok: true, value: { kind: 'slice', start: undefined, end: undefined, step: undefined } };
  }
  const key = /^'([^']*)'$/.exec(text)?.[1];
  if (key !== undefined) return { ok: true, value: { kind: 'field', name: unescape(key) } };
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(text);
  if (slice === null) return failed(`invalid array index ${text}`);
  const [, ...parts] = slice as readonly (string | undefined)[];
  for (const part of parts) if (part === '-') return failed(`array index ${part} is not a number`);
  const [start, end, step] = parts.map((part) =>
    part === undefined || part === '' ? undefined : Number(part),
  );
  return { ok: true, value: { kind: 'slice', start, end: parts[1] === undefined ? 'one' : end, step } };
}

/** `[?(LEFT == RIGHT)]` or `[?(PATH)]`, from behind the opening parenthesis on. */
function parseFilter(text: string, start: number): Parsed<{ readonly step: Step; readonly end: number }> {
  const inside = /(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^"')\n])*/y;
  inside.lastIndex = start;
  const condition = inside.exec(text)?.[0] ?? '';
  const end = start + condition.length;
  if (text[end] !== ')') return failed('unterminated filter');
  if (text[end + 1] !== ']') return failed('unclosed array expect ]');
  const step = parseCondition(condition);
  return step.ok ? { ok: true, value: { step: step.value, end: end + 2 } } : step;
}

function parseCondition(condition: string): Parsed<Step> {
  // eslint-disable-next-line regexp/no-super-linear-backtracking -- kubectl's own, on a person's own argument
  const comparison = /^([^!<>=]+)([!<>=]+)(.+)$/s.exec(condition);
  if (comparison === null) {
    const path = parseAction(condition, 0, '');
    return path.ok ? { ok: true, value: { kind: 'exists', path: path.value.steps } } : path;
  }
  const [, leftText = '', operatorText = '', rightText = ''] = comparison;
  const operator = operators.find((known) => known === operatorText);
  if (operator === undefined) return failed(`unrecognized filter operator ${operatorText}`);
  const left = parseAction(leftText, 0, '');
  if (!left.ok) return left;
  const right = parseAction(rightText, 0, '');
  if (!right.ok) return right;
  const { steps } = left.value;
  return { ok: true, value: { kind: 'compare', left: steps, operator, right: right.value.steps } };
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** A text in either kind of quotes, with Go's escapes. */
function unquote(quoted: string): Parsed<string> {
  const quote = quoted.charAt(0);
  let wrong: string | undefined;
  const text = quoted
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu,
      (whole, hex2?: string, hex4?: string, hex8?: string, octal?: string, simple?: string) => {
        const hex = hex2 ?? hex4 ?? hex8;
        const code = hex === undefined ? octal && Number.parseInt(octal, 8) : Number.parseInt(hex, 16);
        const character =
          typeof code === 'number' && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
        const known = simple === quote ? quote : escapes[simple ?? ''];
        if (character === undefined && known === undefined) wrong ??= whole;
        return character ?? known ?? '';
      },
    );
  return wrong === undefined
    ? { ok: true, value: text }
    : failed(`unquote string ${quoted} error invalid syntax`);
}
