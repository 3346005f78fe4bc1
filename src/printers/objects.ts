import { Document, isScalar, visit } from 'yaml';
import { asObject, asText, isObject, type JsonObject } from '../json/untyped.ts';
import { goJson, sortKeys } from './go-json.ts';
import { objectName } from './name.ts';

/** Several objects as one, as `kubectl get -o json` wraps them. */
export function listOf(items: readonly unknown[]): JsonObject {
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } };
}

/** `-o json`: keys sorted, indented by 4. */
export function printJson(object: unknown): string {
  return `${goJson(withoutManagedFields(object), 4)}\n`;
}

/**
 * `-o yaml`: keys sorted, lists not indented, quotes where kubectl sets them. Long texts stay on one line; kubectl folds
 * them.
 */
export function printYaml(object: unknown): string {
  // A map's keys keep their order and are texts, whatever they look like.
  const document = new Document(sortKeys(withoutManagedFields(object)), {
    aliasDuplicateObjects: false,
    compat: 'yaml-1.1',
  });
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'string') node.type = scalarStyle(node.value);
    },
  });
  return document.toString({ indentSeq: false, lineWidth: 0, singleQuote: true }).replace(escaped, escape);
}

/** `-o name`: one line. */
export function printName(object: unknown): string {
  const { apiVersion, kind, metadata } = asObject(object);
  const name = asText(asObject(metadata).name);
  return `${objectName({ apiVersion: asText(apiVersion), kind: asText(kind), name })}\n`;
}

/** Who wrote which field is nothing that people ask for; kubectl leaves it out, too. */
function withoutManagedFields(object: unknown): unknown {
  if (!isObject(object)) return object;
  const { metadata, items } = object;
  return {
    ...object,
    ...(isObject(metadata) ? { metadata: { ...metadata, managedFields: undefined } } : {}),
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
  };
}

/** What readers of YAML 1.1 take for a number, a truth value, a date or nothing. */
const otherTypes = [
  /^(?:~|null|Null|NULL|)$/,
  /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^[-+]?0b[01_]+$/,
  /^[-+]?0o?[0-7_]+$/,
  /^[-+]?0x[0-9a-fA-F_]+$/,
  /^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?$/,
  /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/,
  /^[-+]?\.(?:inf|Inf|INF)$/,
  /^\.(?:nan|NaN|NAN)$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?$/,
];

/** Line ends to readers of YAML 1.1, a mark of byte order, and what lies beyond two bytes: all of it only in double quotes. */
const escaped = /[\u0085\u2028\u2029\ufeff]|[\u{10000}-\u{10ffff}]/gu;

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16).toUpperCase();
  return code > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
}

function scalarStyle(text: string): 'QUOTE_DOUBLE' | 'BLOCK_LITERAL' | 'PLAIN' {
  if (text.includes('\t') || text.search(escaped) >= 0) return 'QUOTE_DOUBLE';
  if (otherTypes.some((pattern) => pattern.test(text))) return 'QUOTE_DOUBLE';
  // Where the first line is blank, the indentation of a block cannot be told from the text's own spaces.
  if (/^\s*\n/.test(text)) return 'QUOTE_DOUBLE';
  return text.includes('\n') ? 'BLOCK_LITERAL' : 'PLAIN';
}
