import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createCredentialHelpers, type CredentialHelpers } from '../../src/credentials/credential-helper.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';

const never = new AbortController().signal;
const secretText = 'hunter2';

let folder: string;
let clock: ReturnType<typeof createFakeClock>;
let log: ReturnType<typeof createRecordingLog>;
let helpers: CredentialHelpers;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinstream-helper-'));
  clock = createFakeClock();
  log = createRecordingLog();
  helpers = create();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const create = (timeoutMs?: number): CredentialHelpers =>
  createCredentialHelpers({
    env: { PATH: `${folder}:${process.env.PATH ?? ''}`, CLOUD: 'from the environment', CALLS: calls() },
    clock,
    log,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
const calls = (): string => join(folder, 'calls');

/** A helper on the PATH; each call leaves a line with its arguments and what it was asked. */
async function install(script: string, mode = 0o755): Promise<void> {
  const path = join(folder, 'docker-credential-test');
  const head = '#!/bin/sh\nserver=$(cat)\necho "$* $server" >>"$CALLS"\n';
  await writeFile(path, `${head}${script}\n`);
  await chmod(path, mode);
}
const print = (answer: object): string => `echo '${JSON.stringify(answer)}'`;
const ask = (server = 'a.test') => helpers.ask('test', server, never);
const called = async (): Promise<readonly string[]> => {
  const text = await readFile(calls(), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
};

describe('a helper', () => {
  test('is asked to get what it has for the server on its standard input', async () => {
    await install(print({ ServerURL: 'a.test', Username: 'me', Secret: 'pw' }));
    await expect(ask()).resolves.toEqual({ kind: 'found', login: { username: 'me', password: 'pw' } });
    expect(await called()).toEqual(['get a.test']);
    expect(log.lines).toEqual([]);
  });

  test('is told the environment', async () => {
    await install('echo "{\\"Username\\": \\"$CLOUD\\", \\"Secret\\": \\"pw\\"}"');
    await expect(ask()).resolves.toMatchObject({ login: { username: 'from the environment' } });
  });

  test.each<[string, string, object]>([
    [
      'with an identity token',
      print({ Username: '<token>', Secret: 't' }),
      { kind: 'found', login: { username: '', password: '', identityToken: 't' } },
    ],
    ['that has none', 'echo credentials not found in native keychain; exit 1', { kind: 'none' }],
    ['that answers with nothing', print({ Username: '', Secret: '' }), { kind: 'none' }],
  ])('%s', async (_title, script, expected) => {
    await install(script);
    await expect(ask()).resolves.toEqual(expected);
    expect(log.lines).toEqual([]);
  });

  test('that does not read its input is well, too', async () => {
    const path = join(folder, 'docker-credential-test');
    await writeFile(path, `#!/bin/sh\nexec <&-\n${print({ Username: 'me', Secret: 'pw' })}\n`, {
      mode: 0o755,
    });
    await expect(ask(`${'a'.repeat(200_000)}.test`)).resolves.toMatchObject({ kind: 'found' });
  });
});

describe('a failure is a sentence that holds nothing that the helper prints', () => {
  test.each<[string, string, string]>([
    [
      'an exit code',
      `echo ${secretText}; echo ${secretText} >&2; exit 3`,
      'failed (exit code 3); what it printed is not shown, for it may hold secrets: run it by hand',
    ],
    [
      'a signal',
      'kill -TERM $$; sleep 60',
      'failed (SIGTERM); what it printed is not shown, for it may hold secrets: run it by hand',
    ],
    [
      'no JSON',
      `echo ${secretText}`,
      'did not answer with Username and Secret in JSON; is it a docker credential helper?',
    ],
    [
      'no secret',
      print({ Username: secretText }),
      'did not answer with Username and Secret in JSON; is it a docker credential helper?',
    ],
    ['more than it may print', `head -c 70000 /dev/zero`, 'printed more than 65536 bytes'],
  ])('%s', async (_title, script, problem) => {
    await install(script);
    const answer = await ask();
    expect(answer).toEqual({ kind: 'failed', problem: `docker-credential-test ${problem}` });
    expect(JSON.stringify([answer, log.lines])).not.toContain(secretText);
  });

  test('no answer in time: it is ended', async () => {
    await install('exec sleep 60');
    helpers = create(200);
    await expect(ask()).resolves.toEqual({
      kind: 'failed',
      problem: 'docker-credential-test did not answer within 0.2 s',
    });
  });

  test('a helper that is not there', async () => {
    await expect(ask()).resolves.toEqual({
      kind: 'failed',
      problem:
        'docker-credential-test is not on the PATH of this server: put it there, or take it out of the docker configuration',
    });
  });

  test('one that may not be run', async () => {
    await install('', 0o644);
    await expect(ask()).resolves.toEqual({
      kind: 'failed',
      problem: 'docker-credential-test may not be run by this process',
    });
  });

  test('is logged once, for all servers; and again once it was well in between', async () => {
    await ask('a.test');
    await ask('b.test');
    clock.advance(60_000);
    await ask('a.test');
    expect(log.lines).toHaveLength(1);
    await install(print({ Username: 'me', Secret: 'pw' }));
    clock.advance(60_000);
    await expect(ask('a.test')).resolves.toMatchObject({ kind: 'found' });
    await rm(join(folder, 'docker-credential-test'));
    await ask('c.test');
    expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'warn: a credential helper fails',
      'warn: a credential helper fails',
    ]);
  });
});

describe('is asked', () => {
  test('once, however many want to know, and once more for another server', async () => {
    await install(print({ Username: 'me', Secret: 'pw' }));
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask()));
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['found']));
    await ask('b.test');
    expect(await called()).toEqual(['get a.test', 'get b.test']);
  });

  test.each<[string, string, number, number]>([
    ['not again within five minutes', print({ Username: 'me', Secret: 'pw' }), 299_999, 1],
    ['again after five minutes', print({ Username: 'me', Secret: 'pw' }), 300_000, 2],
    ['not again within a minute when it has none', 'echo credentials not found; exit 1', 59_999, 1],
    ['again after a minute when it has none', 'echo credentials not found; exit 1', 60_000, 2],
    ['not again within a minute when it fails', 'exit 1', 59_999, 1],
    ['again after a minute when it fails', 'exit 1', 60_000, 2],
  ])('%s', async (_title, script, ms, times) => {
    await install(script);
    await ask();
    clock.advance(ms);
    await ask();
    expect(await called()).toHaveLength(times);
  });

  test('for those who wait on, though the first gives up', async () => {
    await install(print({ Username: 'me', Secret: 'pw' }));
    const impatient = new AbortController();
    const first = helpers.ask('test', 'a.test', impatient.signal);
    const second = ask();
    impatient.abort(new Error('no longer wanted'));
    await expect(first).rejects.toThrow('no longer wanted');
    await expect(second).resolves.toMatchObject({ kind: 'found' });
    expect(await called()).toHaveLength(1);
  });
});
