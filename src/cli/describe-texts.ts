import { lookupMode, type NamespaceFacts } from '../admission/namespace.ts';
import { namespaces } from '../commands/kinds.ts';
import { keyOf } from '../commands/stream-object.ts';
import { asObject, asTextMap, objectAt, type JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { describeStream, type DescribeExtras } from '../printers/describe-stream.ts';
import type { Backend } from './backend.ts';

/** An image stream described, with what its namespace says about lookup. */
export async function describeStreamHere(stream: JsonObject, backend: Backend, now: number): Promise<string> {
  const { defaultMode } = await backend.settings();
  const { namespace } = keyOf(stream);
  const facts = await namespaceFacts(namespace, backend);
  const lookup = effectiveLookup(stream, facts);
  return describeStream(stream, now, {
    defaultImportMode: defaultMode,
    ...(lookup === undefined ? {} : { lookup }),
  });
}

/** What is known of a namespace; undefined where it may not be read, or there is none. */
export async function namespaceFacts(
  name: string,
  { objects }: Backend,
): Promise<NamespaceFacts | undefined> {
  try {
    const raw = await objects.read(namespaces, { namespace: '', name });
    const { labels, annotations } = objectAt(raw, 'metadata');
    return { labels: asTextMap(labels), annotations: asTextMap(annotations) };
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return undefined;
    throw error;
  }
}

/** What a stream's own word on lookup comes to, where the namespace's label says something else. */
function effectiveLookup(stream: JsonObject, facts: NamespaceFacts | undefined): DescribeExtras['lookup'] {
  const local = asObject(objectAt(stream, 'spec').lookupPolicy).local === true;
  const mode = lookupMode(facts);
  if (mode === 'enabled') return undefined;
  const effective = mode === 'all';
  return effective === local
    ? undefined
    : { effective, because: `namespace label pinstream.dev/image-lookup=${mode}` };
}
