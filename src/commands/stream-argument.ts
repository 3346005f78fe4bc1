import type { ObjectKey } from './object-client.ts';

/** What an argument names, or why it names nothing. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** A tag of a stream, as people write it. */
export interface TagArgument {
  readonly key: ObjectKey;
  /** "web:1", as the argument has it behind its namespace. */
  readonly name: string;
  readonly tag: string;
}

/** Reads "STREAM" or "NAMESPACE/STREAM"; what follows the stream is left on it. */
export function parseStreamArgument(text: string, namespace: string): Parsed<ObjectKey> {
  const [first = '', second, ...more] = text.split('/');
  if (second === undefined) return { ok: true, value: { namespace, name: first } };
  if (more.length > 0) return { ok: false, message: `invalid image stream "${text}"` };
  if (first === '') return { ok: false, message: `invalid namespace "" for image stream "${text}"` };
  if (second === '') return { ok: false, message: `invalid name "" for image stream "${text}"` };
  return { ok: true, value: { namespace: first, name: second } };
}

/** Reads "STREAM:TAG" or "NAMESPACE/STREAM:TAG". */
export function parseTagArgument(text: string, namespace: string): Parsed<TagArgument> {
  const place = parseStreamArgument(text, namespace);
  if (!place.ok) return place;
  const { name } = place.value;
  const [stream = '', tag = '', ...more] = name.split(':');
  if (stream === '' || tag === '' || more.length > 0) {
    return { ok: false, message: `"${name}" must be of the form <stream_name>:<tag>` };
  }
  return { ok: true, value: { key: { namespace: place.value.namespace, name: stream }, name, tag } };
}
