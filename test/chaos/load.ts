import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '../../src/kube/client.ts';
import { eventually } from '../support/eventually.ts';
import { Expectation, judgeError, judgeObject, type Asked, type Verdict } from './answers.ts';
import { namespace } from './install.ts';

/** What was answered since the count began. */
export interface Tally {
  readonly sent: number;
  readonly right: number;
  readonly wrong: number;
  readonly failed: number;
  readonly unanswered: number;
  /** The longest time from one right answer to the next. */
  readonly gapMs: number;
  /** Each detail of what was not right once, with its kind. */
  readonly details: readonly string[];
}

/** Objects that are created one after the other on several connections, for as long as it is not ended. */
export interface Load {
  /** Begins to count anew. What is under way counts when it is answered. */
  readonly begin: () => void;
  readonly tally: () => Tally;
  /** Waits for so many right answers to requests that are sent from now on. */
  readonly goOnFor: (right: number) => Promise<void>;
  readonly end: () => Promise<void>;
}

export interface LoadOptions {
  readonly client: KubeClient;
  /** Short names of streams that are open. */
  readonly names: readonly Asked[];
  /** What only comes back as it is written. */
  readonly untouched: readonly string[];
}

/** How many requests are under way at a time, at most. */
export const connections = 6;
/** From an answer to the next request of the same connection. */
const pauseMs = 60;
/** After a failure, as clients do that try again. */
const backOffMs = 500;
const waitMs = 120_000;

/** Each of them is an object that is really made; the others are dry runs. */
const madeEvery = 8;

export function startLoad({ client, names, untouched }: LoadOptions): Load {
  const now = (): number => performance.now();
  const tellers = untouched.map((written): Asked => {
    const expected = new Expectation();
    expected.open(written, 0);
    return { written, expected };
  });
  let counted = emptyCount(now());
  let rightInAll = 0;
  let requests = 0;
  let ended = false;
  const isEnded = (): boolean => ended;

  const note = (verdict: Verdict, answered: number): void => {
    counted.sent += 1;
    counted[verdict.kind] += 1;
    if (verdict.kind !== 'right') {
      counted.details.add(`${verdict.kind}: ${verdict.detail.replace(/:\d{4,5}\b/g, '')}`);
      return;
    }
    counted.gapMs = Math.max(counted.gapMs, answered - counted.lastRight);
    counted.lastRight = answered;
  };
  const askOnce = async (): Promise<Verdict> => {
    const turn = (requests += 1);
    const asked = chosen(turn, names, tellers);
    const made = turn % madeEvery === 0;
    const sent = now();
    try {
      const object = await client.create(pathOf(asked, made), objectOf(asked, turn));
      return judgeObject(object, asked, sent, now());
    } catch (error) {
      return judgeError(error);
    }
  };
  const run = async (): Promise<void> => {
    while (!isEnded()) {
      const begun = rightSince;
      const verdict = await askOnce();
      note(verdict, now());
      if (verdict.kind === 'right') begun.count += 1;
      if (verdict.kind === 'right') rightInAll += 1;
      await delay(verdict.kind === 'right' ? pauseMs : backOffMs);
    }
  };
  /** Counts the right answers to what was sent since it was made. */
  let rightSince = { count: 0 };
  const running = Promise.all(Array.from({ length: connections }, run));
  return {
    begin: () => {
      counted = emptyCount(now());
    },
    tally: () => {
      const { lastRight, gapMs, details, ...counts } = counted;
      return { ...counts, gapMs: Math.max(gapMs, now() - lastRight), details: [...details].toSorted() };
    },
    goOnFor: async (right) => {
      const since = { count: 0 };
      rightSince = since;
      const reached = (): void => {
        if (since.count >= right) return;
        const last = [...counted.details].at(-1) ?? 'nothing that is not right';
        throw new Error(`${since.count} of ${right} right answers (${rightInAll} in all); seen: ${last}`);
      };
      await eventually(reached, { describe: 'the load', timeoutMs: waitMs });
    },
    end: async () => {
      ended = true;
      await running;
    },
  };
}

function emptyCount(now: number) {
  return {
    sent: 0,
    right: 0,
    wrong: 0,
    failed: 0,
    unanswered: 0,
    gapMs: 0,
    lastRight: now,
    details: new Set<string>(),
  };
}

/** One name or two, in turns; every third object has something beside that is to be left alone. */
function chosen(turn: number, names: readonly Asked[], tellers: readonly Asked[]): readonly Asked[] {
  const take = (from: readonly Asked[], at: number): readonly Asked[] =>
    from.slice(at % from.length).slice(0, 1);
  const one = take(names, turn);
  if (turn % 7 === 0) return take(tellers, turn);
  if (turn % 3 === 0) return [...one, ...take(tellers, turn)];
  return turn % 2 === 0 ? [...one, ...take(names, turn + 1)] : one;
}

/** A Deployment when there are several images, or when it is to stay: its Pods would not run anyway. */
function pathOf(asked: readonly Asked[], made: boolean): string {
  const kind = asked.length > 1 ? 'deployments' : 'pods';
  const group = kind === 'pods' ? '/api/v1' : '/apis/apps/v1';
  return `${group}/namespaces/${namespace}/${kind}${made ? '' : '?dryRun=All'}`;
}

function objectOf(asked: readonly Asked[], turn: number): object {
  const containers = asked.map(({ written }, at) => ({ name: `c${at}`, image: written }));
  const spec = { containers, terminationGracePeriodSeconds: 0 };
  const metadata = { name: `load-${turn}` };
  if (asked.length === 1) return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  const labels = { app: `load-${turn}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
