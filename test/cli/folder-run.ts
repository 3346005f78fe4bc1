import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Backend } from '../../src/cli/backend.ts';
import { runVerb } from '../../src/cli/run-verb.ts';
import { findVerb } from '../../src/cli/verbs.ts';
import { openFolder } from '../../src/client/directory-backend.ts';
import { readInput } from '../../src/client/read-input.ts';
import { writeInput } from '../../src/client/write-input.ts';
import type { VerbRun } from '../support/verb-run.ts';

/** A folder of its own, with files for a test. */
export interface TestFolder {
  readonly path: string;
  /** Writes files by their paths in it: texts as they are, all else as JSON. */
  readonly write: (files: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly read: (file: string) => Promise<string>;
  /** Runs a verb with the words of a command line; "DIR/" in them is this folder. Texts read "DIR/" again. */
  readonly run: (words: readonly string[], options?: RunOptions) => Promise<VerbRun>;
  readonly remove: () => Promise<void>;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly colour?: boolean;
}

export async function makeFolder(files: Readonly<Record<string, unknown>> = {}): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'pinstream-cli-'));
  const write: TestFolder['write'] = async (more) => {
    for (const [name, content] of Object.entries(more)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
  };
  await write(files);
  return {
    path,
    write,
    read: (file) => readFile(join(path, file), 'utf8'),
    run: async (words, options) => {
      const { code, out, err } = await run(
        words.map((word) => word.replace('DIR/', `${path}/`)),
        options,
      );
      return { code, out: named(out, path), err: named(err, path) };
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Runs a verb in this process, on the files that its flags name, without a terminal. */
async function run(
  words: readonly string[],
  { stdin = '', colour = false }: RunOptions = {},
): Promise<VerbRun> {
  const texts = { out: '', err: '' };
  const output = {
    out: (text: string) => void (texts.out += text),
    err: (text: string) => void (texts.err += text),
    isTerminal: false,
    colour,
    columns: 0,
  };
  const entry = findVerb(words);
  if (entry === undefined) throw new Error(`no verb: ${words.join(' ')}`);
  const interrupted = new AbortController().signal;
  const code = await runVerb(entry, words, {
    program: 'pinstream',
    output,
    session: (flags) => {
      let opened: Promise<Backend> | undefined;
      const warn = (text: string) => output.err(`${text}\n`);
      return {
        output,
        backend: () => (opened ??= openFolder(flags.objects ?? '', { flags, interrupted, warn })),
        now: () => 0,
        sleep: () => Promise.resolve(),
        interrupted,
        readInput: (place, recursive) =>
          place === '-'
            ? Promise.resolve([{ name: 'standard input', text: stdin }])
            : readInput(place, recursive, interrupted),
        writeInput,
        close: async () => (await opened?.catch(() => undefined))?.close(),
      };
    },
  });
  return { code, ...texts };
}

/** In a diff, a path stands below "a" and "b". */
function named(text: string, path: string): string {
  return text
    .replaceAll(` a${path}/`, ' a/DIR/')
    .replaceAll(` b${path}/`, ' b/DIR/')
    .replaceAll(`${path}/`, 'DIR/');
}
