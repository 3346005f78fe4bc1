import { isMap, isNode, isScalar, type Node, type YAMLMap } from 'yaml';
import { editBlock } from './block-edit.ts';
import { changeAt, edit, nodeAt, noObject, sharedAnchor, wayTo, type Edit } from './checked-edit.ts';
import type { ObjectPlace } from './documents.ts';
import { editFlow } from './flow-edit.ts';
import { styleOf } from './writing.ts';

export type { Edit } from './checked-edit.ts';

/**
 * Sets one field of the object at a place, or takes it away (`undefined`). Every byte outside it is kept: comments, order,
 * quotes, line ends. The result is read again, and given only when that field reads back as `value` and everything else of
 * every document as before. A field that is `value` already stays as it is written.
 */
export function replaceField(text: string, at: ObjectPlace, field: string, value: object | undefined): Edit {
  // As it reads back: without fields that are undefined.
  const plain = value && (JSON.parse(JSON.stringify(value)) as object);
  return edit(text, at.document, {
    expected: (values) => changeAt(values, wayTo(at), (object) => withField(object, field, plain)),
    edited: (documents) => {
      const found = nodeAt(documents, at);
      if ('message' in found) return found;
      const { document, node } = found;
      if (!isMap(node)) return { message: noObject };
      const old = fieldNode(node, field);
      const anchor = old && sharedAnchor(document, old);
      if (anchor !== undefined) {
        return { message: `${field} holds the anchor &${anchor}, which is used outside of it` };
      }
      return node.flow
        ? editFlow(text, node, field, plain)
        : editBlock(text, node, field, plain, styleOf(text, [node, document.contents]));
    },
  });
}

function fieldNode(map: YAMLMap, field: string): Node | undefined {
  const value = map.items.find(({ key }) => isScalar(key) && key.value === field)?.value;
  return isNode(value) ? value : undefined;
}

function withField(object: object, field: string, value: object | undefined): object {
  if (value !== undefined) return { ...object, [field]: value };
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== field));
}
