import { TriggerController } from '../../src/controllers/trigger-controller.ts';
import { triggerKinds, type TriggerKind } from '../../src/controllers/trigger-kinds.ts';
import type { TriggerNote, TriggerPorts, TriggerSettings } from '../../src/controllers/trigger-ports.ts';
import { asList, asObject, asText, findObject, objectAt, type JsonObject } from '../../src/json/untyped.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { digest } from '../support/objects.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { turns } from '../support/turns.ts';
import { MemoryStreams } from './memory-streams.ts';
import { MemoryWorkloads } from './memory-workloads.ts';

export interface Running {
  readonly controller: TriggerController;
  /** Ends it, and waits until nothing is under way. */
  stop(): Promise<void>;
}

/** Where the images of the streams lie. */
export const image = (character: string, stream = 'web'): string =>
  `quay.example.com/acme/${stream}@${digest(character)}`;

/** The history of a tag, newest first: generation and the digest's character of each item. */
export type History = readonly (readonly [generation: number, character: string])[];

/** A cluster in memory, and a clock that stands still. */
export class TriggerBench {
  readonly clock: FakeClock = createFakeClock(Date.UTC(2024, 4, 1));
  readonly streams = new MemoryStreams();
  readonly workloads = new MemoryWorkloads();
  readonly log = createRecordingLog();
  readonly told: string[] = [];
  readonly counted: string[] = [];
  settings: TriggerSettings = {
    gatherWindowMs: 1000,
    changeCause: false,
    internalRegistryHostname: '',
    localRegistry: [],
  };
  mayPull: TriggerPorts['mayPull'] = () => Promise.resolve(true);

  /** @param kinds those that are listed */
  async start(kinds: readonly TriggerKind[] = triggerKinds): Promise<Running> {
    const controller = new TriggerController({
      workloads: this.workloads,
      streams: this.streams,
      settings: () => this.settings,
      mayPull: (namespace, source, signal) => this.mayPull(namespace, source, signal),
      tell: ({ kind, name }, note) => void this.told.push(told(kind.workload.kind, name, note)),
      count: (result) => void this.counted.push(result),
      log: this.log,
      clock: this.clock,
      random: () => 0.5,
    });
    const stopping = new AbortController();
    this.streams.watch(controller);
    for (const kind of kinds) this.workloads.watch(kind, controller.listenerOf(kind));
    const done = controller.run(stopping.signal);
    await this.settle();
    return {
      controller,
      stop: async () => {
        stopping.abort(new Error('no longer the leader'));
        await done;
      },
    };
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return turns(40);
  }

  /** Lets time pass, in steps in which everything happens that is due. */
  async pass(ms: number, stepMs = 100): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed));
      await turns(8);
    }
    await this.settle();
  }

  /** Gives tags of a stream these histories; what was recorded of fan-outs stays. */
  async tags(tags: Readonly<Record<string, History>>, stream = 'web', namespace = 'demo'): Promise<void> {
    const raw = await this.#raw(stream, namespace);
    if (raw === undefined) this.streams.apply(stream, {}, namespace);
    const before = new Map(
      asList(objectAt(raw, 'status').tags).map((tag) => [asText(asObject(tag).tag), tag]),
    );
    for (const [tag, history] of Object.entries(tags)) {
      const items = history.map(([generation, character]) => ({
        dockerImageReference: image(character, stream),
        image: digest(character),
        generation,
      }));
      before.set(tag, { ...asObject(before.get(tag)), tag, items });
    }
    this.streams.applyStatus(stream, { tags: [...before.values()] }, namespace);
  }

  /** What is recorded of a tag: the generation that all have followed. */
  async recorded(tag: string, stream = 'web', namespace = 'demo'): Promise<unknown> {
    const raw = await this.#raw(stream, namespace);
    const found = asList(objectAt(raw, 'status').tags).find((entry) => asObject(entry).tag === tag);
    return objectAt(found, 'observed').triggeredGeneration;
  }

  /** The images of a workload's containers. */
  images(kind: string, name: string, namespace = 'demo'): unknown[] {
    const { workload } = triggerKinds.find((candidate) => candidate.workload.kind === kind) ?? {};
    const spec = findObject(this.workloads.get(kind, name, namespace), [
      ...(workload?.template ?? []),
      'spec',
    ]);
    return [...asList(spec?.initContainers), ...asList(spec?.containers)].map(
      (entry) => asObject(entry).image,
    );
  }

  /** The names of the workloads that were written, in order. */
  written(): string[] {
    return this.workloads.patches.filter(({ outcome }) => outcome === 'written').map(({ name }) => name);
  }

  async #raw(name: string, namespace: string): Promise<unknown> {
    return this.streams.read({ namespace, name }, new AbortController().signal);
  }
}

function told(kind: string, name: string, { reason, message }: TriggerNote): string {
  return `${kind} ${name}: ${reason}: ${message}`;
}

export interface TriggerEntry {
  readonly container?: string;
  readonly fieldPath?: string;
  readonly from?: string;
  readonly namespace?: string;
  readonly paused?: boolean;
}

/** The annotation: containers of a pod template follow tags. */
export function triggers(entries: readonly TriggerEntry[], path = 'spec.template.spec'): string {
  return JSON.stringify(
    entries.map(({ container = 'web', fieldPath, from = 'web:prod', namespace, paused }) => ({
      from: { kind: 'ImageStreamTag', name: from, ...(namespace === undefined ? {} : { namespace }) },
      fieldPath: fieldPath ?? `${path}.containers[?(@.name=="${container}")].image`,
      ...(paused === undefined ? {} : { paused }),
    })),
  );
}

/** A workload with a pod template whose containers hold these images, and the triggers that make `web` follow web:prod. */
export function templated(
  images: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>> = {},
): JsonObject {
  const containers = Object.entries(images).map(([name, held]) => ({ name, image: held }));
  return {
    metadata: { annotations: { 'image.openshift.io/triggers': triggers([{}]), ...annotations } },
    spec: { replicas: 1, template: { metadata: {}, spec: { containers } } },
  };
}
