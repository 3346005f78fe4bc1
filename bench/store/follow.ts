/**
 * The process of a follower. Arguments: whose, the URL of the API server, how many streams it has. It answers each question that its
 * parent sends.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { request } from 'undici';
import { bareFollower } from './bare-follower.ts';
import type { Answer, Question } from './follower.ts';
import { pinstreamFollower } from './pinstream-follower.ts';

const [, , name = '', server = '', streams = ''] = process.argv;
const follower =
  name === 'pinstream' ? pinstreamFollower(server, Number(streams)) : bareFollower(server, name === 'kept');
const pauses = monitorEventLoopDelay({ resolution: 1 });
/** What decisions go to, so that no compiler can leave them out. */
let sink: unknown;

process.on('message', (question: Question) => {
  void answer(question).then((told) => process.send?.(told));
});
process.once('disconnect', () => process.exit(0));

async function answer(question: Question): Promise<Answer> {
  pauses.reset();
  pauses.enable();
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  const told = await work(question);
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  pauses.disable();
  return { ms, cpuMs: (user + system) / 1000, pauseMs: pauses.max / 1e6, decisions: 0, bytes: 0, ...told };
}

async function work(question: Question): Promise<Partial<Answer>> {
  switch (question.what) {
    case 'sync':
      await follower.sync();
      return {};
    case 'changes': {
      const { count } = question;
      // The first opens the watch, wakes the server and is not counted.
      const first = follower.changes(1);
      await ask('/bench/change?count=1');
      await first;
      const [started, cpu] = [performance.now(), process.cpuUsage()];
      const all = follower.changes(count);
      await ask(`/bench/change?count=${count}`);
      await all;
      const { user, system } = process.cpuUsage(cpu);
      return { ms: performance.now() - started, cpuMs: (user + system) / 1000 };
    }
    case 'decide': {
      const until = performance.now() + question.ms;
      let decisions = 0;
      while (performance.now() < until) {
        for (let turn = 0; turn < 50; turn += 1) sink = follower.decide?.(question.tags);
        decisions += 50;
      }
      return { decisions: sink === undefined ? NaN : decisions };
    }
    case 'heap': {
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      return { bytes: heapUsed + external };
    }
  }
}

async function ask(path: string): Promise<void> {
  await (await request(`${server}${path}`)).body.dump();
}
