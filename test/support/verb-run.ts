import type { Backend } from '../../src/cli/backend.ts';
import type { Output } from '../../src/cli/output.ts';
import { runVerb } from '../../src/cli/run-verb.ts';
import type { Session } from '../../src/cli/session.ts';
import { findVerb } from '../../src/cli/verbs.ts';
import type { ObjectClient } from '../../src/commands/object-client.ts';
import type { StreamActions } from '../../src/commands/stream-actions.ts';
import { memoryObjects } from './memory-objects.ts';

export interface VerbRunOptions {
  readonly objects?: ObjectClient;
  readonly kind?: Backend['kind'];
  readonly namespace?: string;
  readonly settings?: Partial<Awaited<ReturnType<Backend['settings']>>>;
  readonly streams?: Partial<StreamActions>;
  /** Files that `-f` may name. */
  readonly files?: Readonly<Record<string, string>>;
  /** RFC 3339; what the clock says. */
  readonly now?: string;
  readonly colour?: boolean;
}

export interface VerbRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a verb with the words of a command line, without a terminal and on objects in memory. */
export async function verbRun(words: readonly string[], options: VerbRunOptions = {}): Promise<VerbRun> {
  const {
    objects = memoryObjects(),
    kind = 'cluster',
    settings,
    streams,
    files = {},
    colour = false,
  } = options;
  const texts = { out: '', err: '' };
  const output: Output = {
    out: (text) => void (texts.out += text),
    err: (text) => void (texts.err += text),
    isTerminal: false,
    colour,
    columns: 0,
  };
  const unavailable = () => Promise.reject(new Error('this test has no decisions'));
  const session = (namespace: string | undefined): Session => ({
    output,
    backend: () =>
      Promise.resolve({
        kind,
        namespace: namespace ?? options.namespace ?? 'shop',
        namespaceOr: () => namespace ?? options.namespace ?? 'shop',
        objects,
        streams: { ...noStreams, ...streams },
        settings: () => Promise.resolve({ ...noSettings, ...settings }),
        decisions: unavailable,
        close: () => Promise.resolve(),
      }),
    now: () => Date.parse(options.now ?? '2026-06-01T00:00:00Z'),
    interrupted: new AbortController().signal,
    readInput: (place) => {
      const text = files[place];
      return text === undefined
        ? Promise.reject(new Error(`the path "${place}" does not exist`))
        : Promise.resolve([{ name: place, text }]);
    },
    writeInput: () => Promise.reject(new Error('this test writes no files')),
    close: () => Promise.resolve(),
  });
  const entry = findVerb(words.filter((word) => !word.startsWith('-')));
  if (entry === undefined) throw new Error(`no verb: ${words.join(' ')}`);
  const code = await runVerb(entry, words, {
    program: 'pinstream',
    output,
    session: ({ namespace }) => session(namespace),
  });
  return { code, ...texts };
}

const noSettings: Awaited<ReturnType<Backend['settings']>> = {
  internalRegistryHostname: '',
  localRegistry: [],
  defaultMode: 'Legacy',
  exemptNamespaces: new Set(['kube-system']),
};

const notHere = () => Promise.reject(new Error('this test has no such action'));
const noStreams: StreamActions = {
  setTag: notHere,
  createTag: notHere,
  removeTag: notHere,
  importImages: notHere,
  finishTag: notHere,
  presenceOf: notHere,
};
