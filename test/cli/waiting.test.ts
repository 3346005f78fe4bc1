import { describe, expect, it } from '@jest/globals';
import type { Session } from '../../src/cli/session.ts';
import { waiting } from '../../src/cli/waiting.ts';

function told(isTerminal: boolean) {
  const said: string[] = [];
  let now = 0;
  const output = {
    out: () => undefined,
    err: (text: string) => said.push(text),
    isTerminal,
    colour: false,
    columns: 0,
  };
  const session = { output, now: () => now } as Partial<Session> as Session;
  return { said, wait: waiting(session, {}), later: (ms: number) => (now += ms) };
}

describe('what is waited for', () => {
  it('is one line in a pipe, whenever it is another thing', () => {
    const { said, wait } = told(false);
    for (const text of ['a', 'a', 'b', 'b']) wait.onProgress(text);
    wait.end();
    expect(said).toEqual(['waiting for a\n', 'waiting for b\n']);
  });

  it('turns on a terminal, and leaves nothing behind', () => {
    const { said, wait, later } = told(true);
    wait.onProgress('a');
    wait.onProgress('a');
    later(2_000);
    wait.onProgress('a');
    wait.end();
    wait.end();
    expect(said).toEqual([
      '| waiting for a',
      `\r${' '.repeat(15)}\r`,
      '/ waiting for a',
      `\r${' '.repeat(15)}\r`,
      '- waiting for a (2s)',
      `\r${' '.repeat(20)}\r`,
    ]);
  });

  it.each([
    [undefined, 60_000],
    [5_000, 5_000],
  ])('for as long as is said: %s', (requestTimeout, ms) => {
    const { output } = { output: { err: () => undefined, isTerminal: false } };
    const session = { output, now: () => 0 } as unknown as Session;
    expect(waiting(session, requestTimeout === undefined ? {} : { requestTimeout }).ms).toBe(ms);
  });
});
