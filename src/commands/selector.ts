import type { LabelSelector } from '../policy/label-selector.ts';

export type ParsedSelector =
  { readonly ok: true; readonly selector: LabelSelector } | { readonly ok: false; readonly error: string };

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

const key = '([A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)';
const value = '([A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?|)';
const exists = new RegExp(`^(!?)\\s*${key}$`);
const equals = new RegExp(`^${key}\\s*(==?|!=)\\s*${value}$`);
const within = new RegExp(`^${key}\\s+(in|notin)\\s+\\(([^()]*)\\)$`);

/** Reads a selector as `-l` takes it: `app=web,tier!=db,env in (a, b),!old,new`. All of it must hold. */
export function parseSelector(text: string): ParsedSelector {
  const matchExpressions: Requirement[] = [];
  if (text.trim() === '') return { ok: true, selector: {} };
  for (const part of atCommas(text)) {
    const requirement = readRequirement(part.trim());
    if (requirement === undefined) {
      const error = `"${text}" is no label selector: "${part.trim()}" is none of KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY, !KEY`;
      return { ok: false, error };
    }
    matchExpressions.push(requirement);
  }
  return { ok: true, selector: { matchExpressions } };
}

/** Splits at the commas outside of parentheses: those that no `)` follows before another `(`. */
function atCommas(text: string): readonly string[] {
  const parts: string[] = [];
  let [end, inside] = [text.length, false];
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const character = text.charAt(at);
    if (character === '(' || character === ')') inside = character === ')';
    if (character !== ',' || inside) continue;
    parts.push(text.slice(at + 1, end));
    end = at;
  }
  return [...parts, text.slice(0, end)].reverse();
}

function readRequirement(text: string): Requirement | undefined {
  const existing = exists.exec(text);
  if (existing !== null) {
    const [, not = '', name = ''] = existing;
    return { key: name, operator: not === '' ? 'Exists' : 'DoesNotExist' };
  }
  const equal = equals.exec(text);
  if (equal !== null) {
    const [, name = '', sign = '', wanted = ''] = equal;
    return { key: name, operator: sign === '!=' ? 'NotIn' : 'In', values: [wanted] };
  }
  const listed = within.exec(text);
  if (listed === null) return undefined;
  const [, name = '', word = '', values = ''] = listed;
  return {
    key: name,
    operator: word === 'in' ? 'In' : 'NotIn',
    values: values.split(',').map((one) => one.trim()),
  };
}
