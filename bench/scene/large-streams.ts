/**
 * Image streams as a large cluster has them: ten tags, each with a history of five, some 15 kB a stream. They are made as bytes,
 * from a template whose marks are written over, so that who serves them is faster than who reads them. No two streams share a
 * name or a digest, and hardly any a date, so that nothing is gained by keeping one of a kind.
 */
import { createHash } from 'node:crypto';

export const tagsPerStream = 10;
export const eventsPerTag = 5;
/** As many are in one namespace. */
export const streamsPerNamespace = 256;

export const streamName = (index: number): string => `app-${hex(index, 8)}`;
export const namespaceOf = (index: number): string =>
  `team-${hex(Math.floor(index / streamsPerNamespace), 6)}`;
export const tagName = (tag: number): string => `1.${tag}`;

/** How often a stream was changed since it was listed: its newest event of the first tag is another one each time. */
type Revision = number;

interface Mark {
  readonly text: string;
  readonly value: (index: number, revision: Revision) => string;
}

const marks = {
  stream: { text: 'IIIIIIII', value: (index) => hex(index, 8) },
  namespace: { text: 'NNNNNN', value: (index) => hex(Math.floor(index / streamsPerNamespace), 6) },
  revision: { text: 'RRRRRR', value: (_index, revision) => hex(revision, 6) },
  /** Minutes and seconds of a date. */
  clock: {
    text: 'MM:SS',
    value: (index) => `${decimal(Math.floor(index / 60) % 60)}:${decimal(index % 60)}`,
  },
} as const satisfies Readonly<Record<string, Mark>>;

const managedFields = {
  manager: 'kubectl',
  operation: 'Apply',
  apiVersion: 'image.openshift.io/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': { 'f:lookupPolicy': { 'f:local': {} }, 'f:tags': {} } },
};

const template = Buffer.from(JSON.stringify(templateStream()));
const places = Object.values(marks).map((mark: Mark) => ({ mark, offsets: offsetsOf(mark.text) }));

/** What every stream takes, as JSON. */
export const streamBytes = template.length;

const separator = ',';
const pageEnd = ']}\n';

/**
 * A page of a list, as an API server sends it.
 *
 * @param next where the list goes on; undefined: here it ends
 */
export function pageOf(first: number, count: number, next: string | undefined): Buffer {
  const metadata = { resourceVersion: '1', ...(next !== undefined && { continue: next }) };
  const start = `{"kind":"ImageStreamList","apiVersion":"image.openshift.io/v1","metadata":${JSON.stringify(metadata)},"items":[`;
  const separators = Math.max(0, count - 1) * separator.length;
  const page = Buffer.allocUnsafe(start.length + count * streamBytes + separators + pageEnd.length);
  let at = page.write(start, 'latin1');
  for (let index = first; index < first + count; index += 1) {
    if (index > first) at += page.write(separator, at, 'latin1');
    at += writeStream(page, at, index, 0);
  }
  page.write(pageEnd, at, 'latin1');
  return page;
}

/** A line of a watch: the stream has got another image. */
export function changeOf(index: number, revision: Revision): Buffer {
  const [start, end] = ['{"type":"MODIFIED","object":', '}\n'];
  const line = Buffer.allocUnsafe(start.length + streamBytes + end.length);
  let at = line.write(start, 'latin1');
  at += writeStream(line, at, index, revision);
  line.write(end, at, 'latin1');
  return line;
}

function writeStream(target: Buffer, at: number, index: number, revision: Revision): number {
  template.copy(target, at);
  for (const { mark, offsets } of places) {
    const value = mark.value(index, revision);
    // Byte by byte, which takes a tenth of the time of so many calls of `write`.
    for (let digit = 0; digit < value.length; digit += 1) {
      const byte = value.charCodeAt(digit);
      for (const offset of offsets) target[at + offset + digit] = byte;
    }
  }
  return streamBytes;
}

function offsetsOf(text: string): readonly number[] {
  const offsets: number[] = [];
  for (let at = template.indexOf(text); at !== -1; at = template.indexOf(text, at + text.length))
    offsets.push(at);
  return offsets;
}

function templateStream(): object {
  const name = `app-${marks.stream.text}`;
  const namespace = `team-${marks.namespace.text}`;
  const repository = `quay.io/${namespace}/${name}`;
  const tags = Array.from({ length: tagsPerStream }, (_, tag) => tag);
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: {
      name,
      namespace,
      uid: `8f6f1c33-9e56-4c9f-8a3e-0d1d${marks.stream.text}`,
      resourceVersion: `1${'0'.repeat(6)}`,
      generation: eventsPerTag,
      creationTimestamp: date(0),
      labels: { 'app.kubernetes.io/part-of': name },
      annotations: { 'openshift.io/image.dockerRepositoryCheck': date(0) },
      managedFields: [managedFields],
    },
    spec: {
      lookupPolicy: { local: true },
      tags: tags.map((tag) => ({
        name: tagName(tag),
        from: { kind: 'DockerImage', name: `${repository}:${tagName(tag)}` },
        generation: eventsPerTag,
        importPolicy: {},
        referencePolicy: { type: 'Source' },
      })),
    },
    status: {
      dockerImageRepository: '',
      tags: tags.map((tag) => ({
        tag: tagName(tag),
        items: Array.from({ length: eventsPerTag }, (_, age) => {
          const image = digestMarked(tag, age);
          const generation = eventsPerTag - age;
          return {
            created: date(generation),
            dockerImageReference: `${repository}@${image}`,
            image,
            generation,
          };
        }),
      })),
    },
  };
}

function date(month: number): string {
  return `2026-${decimal(month + 1)}-01T08:${marks.clock.text}Z`;
}

function digestMarked(tag: number, age: number): string {
  const revision = tag === 0 && age === 0 ? marks.revision.text : hex(0, 6);
  const rest = createHash('sha256').update(`${tag} ${age}`).digest('hex');
  return `sha256:${(marks.stream.text + revision + rest).slice(0, 64)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function decimal(value: number): string {
  return String(value).padStart(2, '0');
}
