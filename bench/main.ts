/** `npm run bench [name …]`: runs all benchmarks or those named, prints their tables and keeps them as JSON. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { apiserver } from './apiserver.ts';
import { cli } from './cli.ts';
import { decide } from './decide.ts';
import { dryRun } from './dry-run.ts';
import { fallback } from './fallback.ts';
import { bounds, brokenBounds, guardRuns } from './guard.ts';
import { importBench } from './import.ts';
import { chooseLoad } from './load/load.ts';
import { loadNames } from './load/sample.ts';
import { memory } from './memory.ts';
import { mutate } from './mutate.ts';
import { profile } from './profile.ts';
import { startup } from './startup.ts';
import { sync } from './sync.ts';
import { tableText } from './table.ts';
import { trigger } from './trigger.ts';
import { update } from './update.ts';

const benches: readonly Bench[] = [
  mutate,
  apiserver,
  dryRun,
  decide,
  sync,
  memory,
  update,
  importBench,
  trigger,
  fallback,
  startup,
  cli,
  profile,
];

const usage = `usage: npm run bench -- [name …] [--quick] [--rounds N] [--load ${loadNames.join('|')}] [--against FILE] [--guard]

${benches.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

  --quick         short rounds, for a glance
  --rounds N      more rounds, for a noisy machine
  --load NAME     where requests come from (default: wrk where it is on PATH)
  --against FILE  pinstream.js of another build, measured in the same rounds
  --guard         short rounds of what bench/guard.ts has bounds for; fails where they are broken
`;

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      load: { type: 'string' },
      against: { type: 'string' },
      guard: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const wanted = loadNames.find((name) => name === values.load);
  if (wanted !== values.load)
    throw new Error(`--load ${values.load ?? ''}: it is one of ${loadNames.join(', ')}`);
  const optionsOf = ({ name }: Bench): BenchOptions => ({
    quick: values.quick || values.guard,
    rounds: roundsOf(values.rounds),
    load: () => chooseLoad(wanted),
    against: values.against,
    progress: (text) => process.stderr.write(`${name}: ${text}\n`),
  });
  if (values.guard) {
    const bounded = benches.filter(({ name }) => bounds.some((bound) => bound.bench === name));
    for (const bench of positionals.length === 0 ? bounded : chosen(positionals)) {
      await guard(bench, optionsOf(bench));
    }
    return;
  }
  for (const bench of chosen(positionals)) {
    const result = await bench.run(optionsOf(bench));
    print(bench, result);
    await keep(bench, result, values.quick);
  }
}

/** Fails only for what is out of bounds in every run. */
async function guard(bench: Bench, options: BenchOptions): Promise<void> {
  for (let run = 1; ; run += 1) {
    const result = await bench.run(options);
    print(bench, result);
    const broken = brokenBounds(bench.name, result);
    if (broken.length === 0) return;
    const said = broken.map((sentence) => `bench: ${sentence} (bench/guard.ts)\n`).join('');
    process.stderr.write(run < guardRuns ? `${said}bench: measuring again\n` : said);
    if (run === guardRuns) {
      process.exitCode = 1;
      return;
    }
  }
}

function roundsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${text}: it is a whole number from 1`);
  return rounds;
}

function chosen(names: readonly string[]): readonly Bench[] {
  if (names.length === 0) return benches;
  return names.map((name) => {
    const found = benches.find((bench) => bench.name === name);
    if (found === undefined) throw new Error(`no benchmark "${name}"\n\n${usage}`);
    return found;
  });
}

function print({ name, about }: Bench, { tables, notes }: BenchResult): void {
  const blocks = [`${name}: ${about}`, ...tables.map(tableText), notes.map((note) => `- ${note}`).join('\n')];
  process.stdout.write(`\n${blocks.join('\n\n')}\n\n`);
}

async function keep({ name }: Bench, result: BenchResult, quick: boolean): Promise<void> {
  const folder = fileURLToPath(new URL('results', import.meta.url));
  const machine = {
    node: process.version,
    cpus: cpus().length,
    platform: `${process.platform} ${process.arch}`,
  };
  await mkdir(folder, { recursive: true });
  const kept = { name, date: new Date().toISOString(), quick, machine, ...result };
  await writeFile(`${folder}/${name}.json`, `${JSON.stringify(kept, null, 2)}\n`);
}
