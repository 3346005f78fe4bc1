import { Scalar, stringify } from 'yaml';
import { lastLineEnd } from './block-layout.ts';
import { tokenEnd } from './source-span.ts';
import type { Planned } from './splices.ts';
import { scalarStyle } from './writing.ts';

export type Plain = string | number | boolean | null;

/** Where a scalar stands: what may be plain between brackets is less, and JSON is JSON. */
export type ScalarPlace = 'block' | 'flow' | 'json';

export function isPlain(value: unknown): value is Plain {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Writes another scalar in the place of one: with its quotes, and its comment beside it. */
export function editScalar(text: string, node: Scalar, value: Plain, place: ScalarPlace): Planned {
  const token = node.srcToken;
  if (token === undefined) return { message: 'it is empty' };
  if (node.tag !== undefined && !(typeof value === 'string' && node.tag === 'tag:yaml.org,2002:str')) {
    return { message: `it has the tag ${node.tag}` };
  }
  const end = tokenEnd(token);
  if (end === undefined) return { message: 'its end was not found' };
  const written = scalarText(value, place, node.type);
  if (token.type !== 'block-scalar') return [{ start: token.offset, end, insert: written }];
  const comment = token.props.find(({ type }) => type === 'comment');
  const beside = comment && 'source' in comment ? ` ${comment.source}` : '';
  const start = token.props[0]?.offset ?? token.offset;
  return [{ start, end: Math.max(start, lastLineEnd(text, end)), insert: written + beside }];
}

/** A scalar on one line, quoted as asked where it can be, and where it has to be. */
export function scalarText(value: Plain, place: ScalarPlace, type?: Scalar['type']): string {
  if (place === 'json' || value === null || typeof value !== 'string') return JSON.stringify(value);
  // Between these quotes there is no way to write what cannot be seen.
  if (type === Scalar.QUOTE_SINGLE && !/[\p{C}\p{Zl}\p{Zp}\t]/u.test(value)) {
    return `'${value.replaceAll("'", "''")}'`;
  }
  const style =
    type === Scalar.QUOTE_DOUBLE ? ({ ...scalarStyle, defaultStringType: type } as const) : scalarStyle;
  if (place === 'block') return stringify({ k: value }, { ...style, defaultKeyType: 'PLAIN' }).slice(3, -1);
  const options = { ...style, collectionStyle: 'flow', flowCollectionPadding: false } as const;
  return stringify([value], options).replace(/\n$/, '').slice(1, -1);
}
