import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { startServer } from '../server-process.ts';
import type { StreamApiProgress } from '../servers/stream-api.ts';
import type { Answer, FollowerName, Question } from './follower.ts';

/** A follower in a process of its own, with an API server of its own. */
export interface FollowerProcess {
  ask(question: Question): Promise<Answer>;
  /** What its server has done. */
  served(): Promise<StreamApiProgress>;
  stop(): Promise<void>;
}

const serverScript = fileURLToPath(new URL('../servers/stream-api.ts', import.meta.url));
const followerScript = fileURLToPath(new URL('follow.ts', import.meta.url));
/** What it takes to keep everything of the largest list. */
const heapMiBMax = 12_000;

export async function startFollower(name: FollowerName, streams: number): Promise<FollowerProcess> {
  const server = await startServer([serverScript, String(streams)]);
  const child = fork(followerScript, [name, server.url, String(streams)], {
    execArgv: ['--expose-gc', `--max-old-space-size=${heapMiBMax}`],
  });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${name}, ${streams} streams: ended with ${code ?? 'a signal'}`)),
    );
  });
  ended.catch(() => undefined);
  return {
    ask: (question) => {
      const answer = new Promise<Answer>((resolve) => {
        child.once('message', (told) => resolve(told as Answer));
      });
      child.send(question);
      return Promise.race([answer, ended]);
    },
    served: async () =>
      (await (await request(`${server.url}/bench/progress`)).body.json()) as StreamApiProgress,
    stop: async () => {
      child.disconnect();
      await ended.catch(() => undefined);
      await server.stop();
    },
  };
}
