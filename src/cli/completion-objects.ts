import { imageStreams, namespaces, workloadNamed, workloads } from '../commands/kinds.ts';
import { keyOf } from '../commands/stream-object.ts';
import { asList, asObject, asText, objectAt, type JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import type { Backend } from './backend.ts';
import type { Candidate, ObjectWord } from './completion-offer.ts';

/** OpenShift's own view of namespaces: everybody may list those that they may see. */
const projects = {
  group: 'project.openshift.io',
  version: 'v1',
  resource: 'projects',
  kind: 'Project',
  namespaced: false,
};

/** The objects that a word may name, as far as it is typed. */
export async function objectWords(
  of: ObjectWord,
  typed: string,
  backend: Backend,
): Promise<readonly Candidate[]> {
  switch (of) {
    case 'namespace':
      return namespaceWords(backend);
    case 'stream':
    case 'tag':
    case 'streamOrTag':
      return streamWords(of, typed, backend);
    case 'workload':
      return workloadWords(typed, backend);
    case 'streamOrWorkload':
      return typed.includes('/')
        ? workloadWords(typed, backend)
        : [...(await streamWords('stream', typed, backend)), ...workloadTypes];
  }
}

async function namespaceWords({ objects, kind }: Backend): Promise<readonly Candidate[]> {
  const names = async (listed: Promise<readonly JsonObject[]>) =>
    (await listed).map((object) => keyOf(object).name);
  if (kind === 'directory') {
    const streams = await objects.list(imageStreams, undefined);
    const declared = await names(objects.list(namespaces, undefined));
    return sorted([...declared, ...streams.map((stream) => keyOf(stream).namespace)]);
  }
  try {
    return sorted(await names(objects.list(namespaces, undefined)));
  } catch (error) {
    if (kind !== 'openshift' || !(error instanceof StatusError) || error.code !== 403) throw error;
    return sorted(await names(objects.list(projects, undefined)));
  }
}

/** "STREAM", "STREAM:TAG", and both with "NAMESPACE/" in front where that is typed. */
async function streamWords(
  of: 'stream' | 'tag' | 'streamOrTag',
  typed: string,
  backend: Backend,
): Promise<readonly Candidate[]> {
  const slash = typed.indexOf('/');
  const [place, name] = [typed.slice(0, slash + 1), typed.slice(slash + 1)];
  const namespace = slash < 0 ? backend.namespaceOr('default') : typed.slice(0, slash);
  const all = await backend.objects.list(imageStreams, namespace);
  const [wanted = '', tag] = name.split(':', 2);
  if (tag !== undefined) {
    const stream = all.find((candidate) => keyOf(candidate).name === wanted);
    return stream === undefined || of === 'stream' ? [] : tagWords(stream, place);
  }
  const streams = all.filter((stream) => keyOf(stream).name.startsWith(wanted));
  // One stream is no choice: its tags are.
  const [only] = streams;
  if (of === 'tag' && streams.length === 1 && only !== undefined) return tagWords(only, place);
  return streams.flatMap((stream) => {
    const text = place + keyOf(stream).name;
    const count = tagsOf(stream).size;
    const description = count === 1 ? '1 tag' : `${count} tags`;
    const candidates = { stream: [text], tag: [`${text}:`], streamOrTag: [text, `${text}:`] }[of];
    return candidates.map((candidate) => ({ text: candidate, description }));
  });
}

function tagWords(stream: JsonObject, place: string): readonly Candidate[] {
  const { name } = keyOf(stream);
  return [...tagsOf(stream)].map(([tag, source]) => ({
    text: `${place}${name}:${tag}`,
    ...(source === '' ? {} : { description: source }),
  }));
}

/** All tags, with where they come from; of a tag that was pushed, nothing is known. */
function tagsOf(stream: JsonObject): ReadonlyMap<string, string> {
  const status = asList(objectAt(stream, 'status').tags).map(
    (tag) => [asText(asObject(tag).tag), ''] as const,
  );
  const spec = asList(objectAt(stream, 'spec').tags).map(
    (tag) => [asText(asObject(tag).name), asText(objectAt(tag, 'from').name)] as const,
  );
  return new Map([...status, ...spec]);
}

const workloadTypes: readonly Candidate[] = workloads
  // Those who use them know the short word.
  .filter(({ group }) => group !== 'apps.openshift.io')
  .map(({ kind }) => ({ text: `${kind.toLowerCase()}/` }));

async function workloadWords(typed: string, backend: Backend): Promise<readonly Candidate[]> {
  const [type = '', name] = typed.split('/', 2);
  if (name === undefined) return workloadTypes;
  const kind = ['is', 'imagestream', 'imagestreams'].includes(type) ? imageStreams : workloadNamed(type);
  if (kind === undefined) return [];
  const found = await backend.objects.list(kind, backend.namespaceOr('default'));
  return found.map((object) => ({ text: `${type}/${keyOf(object).name}` }));
}

function sorted(names: readonly string[]): readonly Candidate[] {
  return [...new Set(names)].sort().map((text) => ({ text }));
}
