import { spawnSync } from 'node:child_process';
import { builtProgram } from '../test/support/built-program.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { median, ratio, rotated } from './statistics.ts';

const baseline: Subject = { title: "node -e ''", args: ['-e', ''] };
const columns = ['command', 'ms', 'ratio'];

interface Subject {
  readonly title: string;
  readonly args: readonly string[];
}

export const cli: Bench = {
  name: 'cli',
  about: 'how long a command takes from its start to its end, against Node doing nothing',
  async run(options: BenchOptions): Promise<BenchResult> {
    const program = await builtProgram();
    const subjects = [
      baseline,
      ...['--version', 'get is', 'describe is keycloak'].map((line) => subject(program, line)),
    ];
    return {
      tables: [measure(subjects, options)],
      notes: [
        'Whole processes, one after the other, on the image streams of examples/; medians of the rounds',
        '"ratio" is the time over that of Node doing nothing, round by round. Compiled code is kept between runs, as for a user',
      ],
    };
  },
};

function subject(program: string, line: string): Subject {
  const onFolder = line.startsWith('--') ? [] : ['--objects', 'examples', '-n', 'myproject'];
  return { title: `pinstream ${line}`, args: [program, ...line.split(' '), ...onFolder] };
}

function measure(subjects: readonly Subject[], { quick, progress, ...options }: BenchOptions) {
  const rounds = options.rounds ?? (quick ? 7 : 31);
  const taken = subjects.map((): number[] => []);
  for (const one of subjects) took(one);
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const [at, one] of rotated([...subjects.entries()], round)) taken[at]?.push(took(one));
  }
  const [bare = []] = taken;
  const rows = subjects.map(({ title }, at) => {
    const own = taken[at] ?? [];
    return { command: title, ms: median(own), ratio: ratio(own, bare) };
  });
  return { title: 'From start to end', columns, rows };
}

/** Milliseconds that a whole process takes. */
function took({ title, args }: Subject): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${title}: ${stderr}`);
  return performance.now() - started;
}
