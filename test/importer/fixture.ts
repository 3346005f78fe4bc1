import {
  readWholeStream,
  statusObject,
  type StatusTag,
  type WholeStream,
} from '../../src/imagestream/whole-stream.ts';
import { applyResults, type Applied } from '../../src/importer/apply.ts';
import { planStream, type DueTags, type StreamPlan } from '../../src/importer/plan.ts';
import { requestAnnotations } from '../../src/importer/requests.ts';
import type { StreamResults, TagResult } from '../../src/importer/results.ts';
import { runTask, type TaskPorts } from '../../src/importer/run-task.ts';
import type { ImportSettings } from '../../src/importer/settings.ts';
import type { ScriptedRegistry } from './scripted-registry.ts';

export const now = '2024-05-01T10:00:00Z';
export const source = 'reg.acme.test/crew/web';
export const nothingDue: DueTags = { retry: new Set(), schedule: false };

export function settingsWith(more: Partial<ImportSettings> = {}): ImportSettings {
  return {
    defaultMode: 'Legacy',
    platform: { architecture: 'amd64', os: 'linux' },
    historyLimit: 0,
    repositoryTagsMax: 50,
    scheduledIntervalMs: 900_000,
    registrySources: { allowedRegistries: [], blockedRegistries: [], insecureRegistries: [] },
    internalRegistryHostname: '',
    refusal: () => undefined,
    ...more,
  };
}

export interface StreamParts {
  readonly tags?: readonly object[];
  readonly status?: readonly object[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly observed?: object;
  readonly generation?: number;
  readonly repository?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** A stream `demo/web`, unless told otherwise, as the API would give it. */
export function streamOf(parts: StreamParts): WholeStream {
  const { tags, status, annotations, observed, generation = 3, repository } = parts;
  const { namespace = 'demo', name = 'web' } = parts;
  return readWholeStream({
    metadata: { namespace, name, generation, annotations },
    spec: { tags, dockerImageRepository: repository },
    status: { tags: status, observed },
  });
}

/** A spec tag that is imported from `crew/web:<name>`. */
export const imported = (name: string, more: object = {}) => ({
  name,
  from: { kind: 'DockerImage', name: `${source}:${name}` },
  ...more,
});

export const scheduled = (name: string) => imported(name, { importPolicy: { scheduled: true } });

export const follows = (name: string, tag: string, more: object = {}) => ({
  name,
  from: { kind: 'ImageStreamTag', name: tag, ...more },
});

export const request = (which: keyof typeof requestAnnotations, text: string) => ({
  [requestAnnotations[which]]: text,
});

export const planOf = (
  stream: WholeStream,
  due: DueTags = nothingDue,
  settings: ImportSettings = settingsWith(),
): StreamPlan => planStream(stream, settings, due);

/** The stream as a store gives it back after the write; as it was where there is nothing to write. */
export function written(stream: WholeStream, { status }: Applied): WholeStream {
  if (status === undefined) return stream;
  const { status: read } = readWholeStream({ status: statusObject(status) });
  return { ...stream, status: read };
}

export function tagOf(stream: WholeStream, tag: string): StatusTag {
  const found = stream.status.tags.find((candidate) => candidate.tag === tag);
  if (found === undefined) throw new Error(`no status tag "${tag}"`);
  return found;
}

export const digestsOf = (stream: WholeStream, tag: string) =>
  tagOf(stream, tag).items.map((item) => item.image);

/** `stream` with another spec or other annotations; a changed spec counts. */
export function edited(stream: WholeStream, parts: Pick<StreamParts, 'tags' | 'annotations'>): WholeStream {
  const generation = stream.metadata.generation + (parts.tags === undefined ? 0 : 1);
  const { metadata, spec } = streamOf({ ...parts, generation });
  return {
    ...stream,
    metadata: { ...stream.metadata, generation, annotations: metadata.annotations },
    spec: parts.tags === undefined ? stream.spec : { ...stream.spec, tags: spec.tags },
  };
}

/** Looks at a stream once, as the importer does: plans, asks, applies. */
export class Rounds {
  stream: WholeStream;
  readonly registry: ScriptedRegistry;
  readonly others = new Map<string, WholeStream>();
  settings = settingsWith();
  mayCopy = true;

  constructor(stream: WholeStream, registry: ScriptedRegistry) {
    this.stream = stream;
    this.registry = registry;
  }

  get ports(): TaskPorts {
    return {
      registry: this.registry,
      stream: ({ namespace, name }) => Promise.resolve(this.others.get(`${namespace}/${name}`)),
      mayCopy: () => Promise.resolve(this.mayCopy),
    };
  }

  async results(due: DueTags = nothingDue): Promise<readonly TagResult[]> {
    const { tasks } = planOf(this.stream, due, this.settings);
    const { signal } = new AbortController();
    const answers = await Promise.all(
      tasks.map((task) => runTask(this.stream, task, this.settings, this.ports, signal)),
    );
    return answers.map(({ result }) => result);
  }

  /** Applies results and keeps what a store would give back. */
  apply(results: StreamResults, at = now): Applied {
    const applied = applyResults(this.stream, results, this.settings, at);
    this.stream = written(this.stream, applied);
    return applied;
  }

  async look(due: DueTags = nothingDue, at = now): Promise<Applied> {
    return this.apply({ tags: await this.results(due) }, at);
  }
}
