import type { StreamName } from '../imagestream/repository.ts';
import type { ImageStream, NamedTagEventList, ObjectReference, TagReference } from '../imagestream/types.ts';
import { ByteWriter, digestBytes } from './bytes.ts';
import { from, hasOddImages, tagIs } from './packed-form.ts';
import { PackedHead, policyOf, readAnnotations, readHistory, times } from './packed-head.ts';

/**
 * The stream that `packStream` made the record of.
 *
 * @param eventsMax how many of the newest events of each tag are wanted
 */
export function unpackStream(record: Buffer, name: StreamName, eventsMax = Infinity): ImageStream {
  const head = new PackedHead(record);
  if (head.isJson) return head.json(name);
  const { reader, repository, publicRepository } = head;
  const tags = times(reader.number(), () => specTag(head));
  return {
    metadata: { namespace: name.namespace, name: name.name },
    spec: { lookupPolicy: { local: head.isOpen }, tags },
    status: {
      ...(repository !== undefined && { dockerImageRepository: repository }),
      ...(publicRepository !== undefined && { publicDockerImageRepository: publicRepository }),
      tags: times(reader.number(), () => statusTag(head, tags, eventsMax)),
    },
  };
}

/** Images that are named by something else than a SHA-256, each once. */
export function packedOddImages(record: Buffer): ReadonlySet<string> {
  if (!hasOddImages(record)) return none;
  const { status } = unpackStream(record, { namespace: '', name: '' });
  const names = status.tags.flatMap(({ items }) => items.map(({ image }) => image));
  return new Set(names.filter((name) => name !== '' && !isSha256(name)));
}

const none: ReadonlySet<string> = new Set();

function isSha256(name: string): boolean {
  return new ByteWriter(digestBytes).digest(name);
}

function specTag(head: PackedHead): TagReference {
  const { reader } = head;
  const name = reader.text();
  reader.number(); // its size
  const flags = reader.byte();
  const number = (flags & tagIs.generation) === 0 ? undefined : reader.number();
  const annotations = (flags & tagIs.annotated) === 0 ? undefined : readAnnotations(reader);
  const source = sourceOf(head, flags & tagIs.from, name);
  return {
    name,
    ...(annotations !== undefined && { annotations }),
    ...(source !== undefined && { from: source }),
    ...((flags & tagIs.reference) !== 0 && { reference: true }),
    ...(number !== undefined && { generation: number }),
    referencePolicy: policyOf(flags),
  };
}

function sourceOf(head: PackedHead, kind: number, tag: string): ObjectReference | undefined {
  const { reader } = head;
  switch (kind) {
    case from.usual:
      return { kind: 'DockerImage', name: `${head.place(0)}:${tag}` };
    case from.image:
      return { kind: 'DockerImage', name: reader.text() };
    case from.object: {
      const name = reader.text();
      const ownKind = reader.text();
      return { kind: ownKind, name, ...(reader.byte() === 1 && { namespace: reader.text() }) };
    }
    default:
      return undefined;
  }
}

function statusTag(
  head: PackedHead,
  specTags: readonly TagReference[],
  eventsMax: number,
): NamedTagEventList {
  const { reader } = head;
  const spec = specTags[reader.number() - 1];
  const tag = spec === undefined ? reader.text() : spec.name;
  const history = readHistory(reader);
  const items = head.events(history, spec?.generation, eventsMax);
  reader.at = history.end;
  return { tag, items };
}
