import { readWholeStream, type StatusTag, type WholeStream } from '../../src/imagestream/whole-stream.ts';
import type { ImportSettings } from '../../src/importer/settings.ts';
import { ImportController } from '../../src/controllers/import-controller.ts';
import type { ImportPorts, LookResult, StreamNote } from '../../src/controllers/import-ports.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { turns } from '../support/turns.ts';
import { settingsWith } from '../importer/fixture.ts';
import { ScriptedRegistry } from '../importer/scripted-registry.ts';
import { MemoryStreams } from './memory-streams.ts';

/** A controller that runs. */
export interface Running {
  readonly controller: ImportController;
  /** Ends it, and waits until nothing is under way. */
  stop(): Promise<void>;
  readonly signal: AbortSignal;
  /** Ends it, and waits for nothing. */
  abort(): void;
}

/** A cluster in memory with scripted registries and a clock that stands still. */
export class Bench {
  readonly clock: FakeClock = createFakeClock(Date.UTC(2024, 4, 1));
  readonly streams = new MemoryStreams();
  readonly registry = new ScriptedRegistry();
  readonly log = createRecordingLog();
  readonly notes: StreamNote[] = [];
  readonly counted: LookResult[] = [];
  settings: ImportSettings = settingsWith();
  mayCopy = true;
  random = 0.5;

  get ports(): ImportPorts {
    return {
      store: this.streams,
      registry: this.registry,
      settings: () => this.settings,
      mayCopy: () => Promise.resolve(this.mayCopy),
      tell: (_stream, note) => this.notes.push(note),
      count: (result) => this.counted.push(result),
      log: this.log,
      clock: this.clock,
      random: () => this.random,
    };
  }

  /** Starts a controller on all that is there, and lets it do what it can without time passing. */
  async start(): Promise<Running> {
    const controller = new ImportController(this.ports);
    const stopping = new AbortController();
    this.streams.watch(controller);
    const done = controller.run(stopping.signal);
    await this.settle();
    const abort = (): void => stopping.abort(new Error('no longer the leader'));
    return {
      controller,
      signal: stopping.signal,
      abort,
      stop: async () => {
        abort();
        await done;
      },
    };
  }

  /** Lets everything happen that needs no time. */
  settle(): Promise<void> {
    return turns(40);
  }

  /** Lets time pass, in steps in which everything happens that is due. */
  async pass(ms: number, stepMs = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed));
      await turns(6);
    }
    await this.settle();
  }

  async stream(name = 'web', namespace = 'demo'): Promise<WholeStream> {
    const { reads } = this.streams;
    const raw = await this.streams.read({ namespace, name }, new AbortController().signal);
    this.streams.reads = reads;
    if (raw === undefined) throw new Error(`there is no stream ${namespace}/${name}`);
    return readWholeStream(raw);
  }

  async tag(tag: string, name = 'web', namespace = 'demo'): Promise<StatusTag | undefined> {
    const { status } = await this.stream(name, namespace);
    return status.tags.find((candidate) => candidate.tag === tag);
  }

  /** The images of a tag's history, newest first; empty where there is none. */
  async images(tag: string, name = 'web', namespace = 'demo'): Promise<readonly string[]> {
    return (await this.tag(tag, name, namespace))?.items.map(({ image }) => image) ?? [];
  }

  /** The requests since the last call, and forgets the writes and reads until now. */
  take(): string[] {
    this.streams.writes.splice(0);
    this.streams.reads = 0;
    this.counted.splice(0);
    this.notes.splice(0);
    return this.registry.take();
  }
}
