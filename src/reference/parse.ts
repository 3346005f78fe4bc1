import { checkDigest } from './digest.ts';
import { nameLengthMax, referencePattern } from './grammar.ts';
import type { ImageReference } from './reference.ts';

export type ParsedReference =
  { readonly ok: true; readonly reference: ImageReference } | { readonly ok: false; readonly error: string };

/**
 * Reads an image string. Never throws: `error` says what is wrong in upstream's words
 * (spec openshift-admission.md 2.1; vectors `imageReference`).
 */
export function parseReference(text: string): ParsedReference {
  const match = referencePattern.exec(text);
  if (match === null) return { ok: false, error: whyNoMatch(text) };
  const [, name = '', tag = '', id = ''] = match;
  if (name.length > nameLengthMax) {
    return { ok: false, error: `repository name must not be more than ${nameLengthMax} characters` };
  }
  if (id !== '') {
    const digest = checkDigest(id);
    if (!digest.ok) return digest;
  }
  return { ok: true, reference: split(text, name, tag, id) };
}

function whyNoMatch(text: string): string {
  if (text === '') return 'repository name must have at least one component';
  return referencePattern.test(text.toLowerCase())
    ? 'repository name must be lowercase'
    : 'invalid reference format';
}

/** Says which part of the path is a registry and which a namespace. */
function split(text: string, path: string, tag: string, id: string): ImageReference {
  const slash = path.indexOf('/');
  if (slash < 0) {
    // A surprise that users meet: "my.app:v1" and "localhost-tools:v1" are registries, tag and all.
    return path.includes('.') || path.startsWith('localhost')
      ? { registry: text, namespace: '', name: '', tag: '', id: '' }
      : { registry: '', namespace: '', name: path, tag, id };
  }
  const first = path.slice(0, slash);
  const hasRegistry = first.includes('.') || first.includes(':') || first === 'localhost';
  const rest = hasRegistry ? path.slice(slash + 1) : path;
  const restSlash = rest.indexOf('/');
  return {
    registry: hasRegistry ? first : '',
    namespace: restSlash < 0 ? '' : rest.slice(0, restSlash),
    name: rest.slice(restSlash + 1),
    tag,
    id,
  };
}
