import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { unifiedDiff } from '../../src/report/unified-diff.ts';
import { afterAll } from '@jest/globals';
import { builtProgram } from '../support/built-program.ts';
import type { VerbRun } from '../support/verb-run.ts';

/** The built program on a folder of its own; texts name the folder DIR, and no age nor moment of this run. */
export interface Story {
  readonly path: string;
  /** Runs it with the words of a command line; they hold no spaces. */
  readonly run: (line: string) => Promise<VerbRun>;
  /** Starts it and lets it run. */
  readonly start: (line: string) => ChildProcess;
  readonly write: (file: string, content: string, mode?: number) => Promise<void>;
  readonly read: (file: string) => Promise<string>;
  /** Every file below it, those with a dot in front as well. */
  readonly files: () => Promise<readonly string[]>;
  /** The lines of a file that have changed since it was written by `write`, or looked at by this. */
  readonly changes: (file: string) => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

/** Nobody's own registries and settings; the program keeps its compiled code there. */
const home = mkdtemp(join(tmpdir(), 'pinstream-home-'));
afterAll(async () => rm(await home, { recursive: true, force: true }));

export async function tellStory(files: Readonly<Record<string, string>> = {}): Promise<Story> {
  const program = await builtProgram();
  const path = await mkdtemp(join(tmpdir(), 'pinstream-story-'));
  const HOME = await home;
  const before = new Map<string, string>();
  const read = async (file: string) => undated(await readFile(join(path, file), 'utf8'));
  const write: Story['write'] = async (file, content, mode) => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), content);
    if (mode !== undefined) await chmod(join(path, file), mode);
    before.set(file, undated(content));
  };
  for (const [file, content] of Object.entries(files)) await write(file, content);
  const start = (line: string) =>
    spawn(process.execPath, [program, '--objects', path, ...line.split(' ').filter((word) => word !== '')], {
      env: { PATH: process.env.PATH, HOME, XDG_RUNTIME_DIR: HOME, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return {
    path,
    start,
    run: async (line) => {
      const { child, out, err } = withTexts(start(line));
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return { code: code ?? -1, out: named(await out, path), err: named(await err, path) };
    },
    write,
    read,
    files: async () => {
      const names = await readdir(path, { recursive: true });
      const isFile = async (name: string) => (await stat(join(path, name))).isFile();
      const kept = await Promise.all(names.map(async (name) => ((await isFile(name)) ? [name] : [])));
      return kept.flat().sort();
    },
    changes: async (file) => {
      const now = await read(file);
      const lines = unifiedDiff(file, before.get(file) ?? '', now);
      before.set(file, now);
      return lines
        .slice(2)
        .filter((line) => /^[-+]/.test(line))
        .map((line) => line.replace(/\n$/, ''));
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

function withTexts(child: ChildProcess) {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the program has no output');
  return { child, out: text(stdout), err: text(stderr) };
}

function named(said: string, path: string): string {
  return said
    .replaceAll(path, 'DIR')
    .replace(/(?:About an? \w+|\d+ \w+|Less than a second) ago/g, 'AGE ago')
    .replace(/(?<=\S) {3,}(?=\S)/g, '   ')
    .replace(/ +$/gm, '');
}

/** Moments of this run; what a test writes itself is of 2024. */
function undated(content: string): string {
  return content.replace(/"20(?!24)\d\d-\d\d-\d\dT[\d:]+Z"/g, '"NOW"');
}
