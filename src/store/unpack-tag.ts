/** One tag of a packed stream, without unpacking the others: this is what a decision waits for. */
import { defaultTag, tagEvents } from '../imagestream/pull-spec.ts';
import type { StreamName } from '../imagestream/repository.ts';
import { streamTag, type StreamTag } from '../imagestream/stream-tag.ts';
import type { ReferencePolicy, TagEvent } from '../imagestream/types.ts';
import type { ByteReader } from './bytes.ts';
import { tagIs } from './packed-form.ts';
import { PackedHead, policyOf, readAnnotations, readHistory } from './packed-head.ts';

/** The same as `streamTag` of the stream. */
export function unpackTag(record: Buffer, name: StreamName, tag: string): StreamTag {
  const head = new PackedHead(record);
  if (head.isJson) return streamTag(head.json(name), tag);
  const wanted = tag === '' ? defaultTag : tag;
  const spec = findSpecTag(head.reader, wanted);
  const [event] = findEvents(head, wanted, spec, 1);
  return {
    namespace: name.namespace,
    stream: name.name,
    tag,
    localLookup: head.isOpen,
    repository: head.repository,
    referencePolicy: spec.policy,
    annotations: spec.annotations,
    event: event === undefined || event.image === '' ? undefined : event,
  };
}

/** The same as `tagEvents` of the stream. */
export function unpackHistory(record: Buffer, name: StreamName, tag: string): readonly TagEvent[] {
  const head = new PackedHead(record);
  if (head.isJson) return tagEvents(head.json(name), tag);
  const wanted = tag === '' ? defaultTag : tag;
  return findEvents(head, wanted, findSpecTag(head.reader, wanted), Infinity);
}

interface SpecTag {
  /** From 1 on; 0: there is none of this name. */
  readonly number: number;
  readonly generation: number | undefined;
  readonly policy: ReferencePolicy;
  readonly annotations: Readonly<Record<string, string>>;
}

const noAnnotations: SpecTag['annotations'] = {};
const noSpecTag: SpecTag = {
  number: 0,
  generation: undefined,
  policy: 'Source',
  annotations: noAnnotations,
};

/** Reads on to the end of the spec tags. */
function findSpecTag(reader: ByteReader, tag: string): SpecTag {
  let found = noSpecTag;
  const count = reader.number();
  for (let number = 1; number <= count; number += 1) {
    const isWanted = reader.isText(tag);
    const end = reader.number() + reader.at;
    if (isWanted) found = readSpecTag(reader, number);
    reader.at = end;
  }
  return found;
}

function readSpecTag(reader: ByteReader, number: number): SpecTag {
  const flags = reader.byte();
  const generation = (flags & tagIs.generation) === 0 ? undefined : reader.number();
  const annotations = (flags & tagIs.annotated) === 0 ? noAnnotations : readAnnotations(reader);
  return { number, generation, policy: policyOf(flags), annotations };
}

/** A status tag has the name of a spec tag, or one of its own. */
function findEvents(head: PackedHead, tag: string, spec: SpecTag, max: number): readonly TagEvent[] {
  const { reader } = head;
  for (let left = reader.number(); left > 0; left -= 1) {
    const specNumber = reader.number();
    const isWanted = specNumber === 0 ? reader.isText(tag) : specNumber === spec.number;
    const history = readHistory(reader);
    if (isWanted) return head.events(history, spec.generation, max);
    reader.at = history.end;
  }
  return [];
}
