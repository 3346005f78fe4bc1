import type { ReferencePolicy } from '../imagestream/types.ts';
import { formatReference } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import type { Parsed } from './stream-argument.ts';
import type { SpecTagObject } from './stream-object.ts';

/** `create istag` as it was typed. */
export interface NewTagOrder {
  readonly tag: string;
  readonly stream: string;
  readonly fromImage?: string | undefined;
  readonly from?: string | undefined;
  readonly annotation?: readonly string[] | undefined;
  readonly scheduled?: boolean | undefined;
  readonly insecure?: boolean | undefined;
  readonly reference?: boolean | undefined;
  readonly referencePolicy?: string | undefined;
}

/** The spec tag that `create istag` makes (spec imagestream-system.md 5.2). */
export function newTag(order: NewTagOrder): Parsed<SpecTagObject> {
  const { from = '', fromImage = '' } = order;
  if (from !== '' && fromImage !== '') return refused('--from and --from-image may not be used together');
  const source = from !== '' ? streamSource(from, order.stream) : imageSource(fromImage);
  if (!source.ok) return source;
  const policy = policyOf(order.referencePolicy);
  if (!policy.ok) return policy;
  const annotations = annotationsOf(order.annotation ?? []);
  if (!annotations.ok) return annotations;
  const importPolicy = {
    ...(order.insecure === true ? { insecure: true } : {}),
    ...(order.scheduled === true ? { scheduled: true } : {}),
  };
  return {
    ok: true,
    value: {
      name: order.tag,
      ...(Object.keys(annotations.value).length === 0 ? {} : { annotations: annotations.value }),
      ...(source.value === undefined ? {} : { from: source.value }),
      ...(order.reference === true ? { reference: true } : {}),
      ...(Object.keys(importPolicy).length === 0 ? {} : { importPolicy }),
      ...(policy.value === undefined ? {} : { referencePolicy: { type: policy.value } }),
    },
  };
}

type Source = SpecTagObject['from'];

function imageSource(text: string): Parsed<Source> {
  if (text === '') return { ok: true, value: undefined };
  const parsed = parseReference(text);
  if (!parsed.ok) return refused(`--from-image "${text}" is no image reference: ${parsed.error}`);
  return { ok: true, value: { kind: 'DockerImage', name: formatReference(parsed.reference) } };
}

/** [NAMESPACE/]STREAM[:TAG or @ID]; ":TAG" alone is a tag of the same stream. */
function streamSource(text: string, stream: string): Parsed<Source> {
  const parsed = parseReference(text.startsWith(':') ? `${stream}${text}` : text);
  if (!parsed.ok) return refused(`--from "${text}" names no image stream tag: ${parsed.error}`);
  const { registry, namespace, name, tag, id } = parsed.reference;
  if (registry !== '') {
    return refused(
      '--from must be an image stream tag or image stream image, and may not specify a registry',
    );
  }
  const place = namespace === '' ? {} : { namespace };
  if (id !== '') return { ok: true, value: { kind: 'ImageStreamImage', ...place, name: `${name}@${id}` } };
  return {
    ok: true,
    value: { kind: 'ImageStreamTag', ...place, name: `${name}:${tag === '' ? 'latest' : tag}` },
  };
}

function policyOf(text: string | undefined): Parsed<ReferencePolicy | undefined> {
  switch (text?.toLowerCase()) {
    case undefined:
    case '':
      return { ok: true, value: undefined };
    case 'source':
      return { ok: true, value: 'Source' };
    case 'local':
      return { ok: true, value: 'Local' };
  }
  return refused("--reference-policy must be 'source' or 'local'");
}

function annotationsOf(given: readonly string[]): Parsed<Readonly<Record<string, string>>> {
  const entries: [string, string][] = [];
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) return refused(`annotations must be of the form key=value, not "${text}"`);
    entries.push([text.slice(0, at), text.slice(at + 1)]);
  }
  return { ok: true, value: Object.fromEntries(entries) };
}

function refused(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
