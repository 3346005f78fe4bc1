import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { issueAuthority } from '../../src/certs/issue.ts';
import { createTrust } from '../../src/credentials/trust.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';

let one: string;
let two: string;
let folder: string;
let log: ReturnType<typeof createRecordingLog>;
let clock: ReturnType<typeof createFakeClock>;

beforeAll(async () => {
  const now = new Date();
  const make = async (): Promise<string> => (await issueAuthority({ commonName: 'test', now })).cert;
  [one, two] = await Promise.all([make(), make()]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinstream-trust-'));
  log = createRecordingLog();
  clock = createFakeClock();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const create = (from: string | undefined = folder) => createTrust(from, { clock, log });
const lines = (pem: string): string => pem.replace(/\r/g, '').trim();

async function put(name: string, content: string): Promise<void> {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), content);
}

/** The names of the certificates that are trusted. */
async function trusted(trust: ReturnType<typeof create>, host: string): Promise<readonly string[]> {
  const names = new Map([
    [lines(one), 'one'],
    [lines(two), 'two'],
  ]);
  return (await trust(host)).map((pem) => names.get(lines(pem)) ?? 'unknown').sort();
}

test('without a folder nothing is trusted besides', async () => {
  await expect(createTrust(undefined, { clock, log })('a.test')).resolves.toEqual([]);
});

describe('a certificate', () => {
  test.each<[string, string, string, boolean]>([
    ['in docker’s layout', 'a.test/ca.crt', 'a.test', true],
    ['in docker’s layout, any port', 'a.test/ca.crt', 'a.test:5000', true],
    ['in docker’s layout with a port', 'a.test:5000/ca.crt', 'a.test:5000', true],
    ['in docker’s layout with another port', 'a.test:5000/ca.crt', 'a.test', false],
    ['a client certificate there', 'a.test/client.cert', 'a.test', false],
    ['as a key of additionalTrustedCA', 'a.test', 'a.test', true],
    ['as a key with a port', 'a.test..5000', 'a.test:5000', true],
    ['as a key with another port', 'a.test..5000', 'a.test:5001', false],
    ['as a file with an ending', 'a.test.crt', 'a.test:5000', true],
    ['as a file with port and ending', 'a.test..5000.pem', 'a.test:5000', true],
    ['port 443 is no port', 'a.test..443', 'a.test', true],
    ['no port is port 443', 'a.test', 'a.test:443', true],
    ['hosts compare without case', 'A.test', 'a.TEST', true],
    ['Docker Hub under its API’s name', 'docker.io', 'registry-1.docker.io', true],
    ['Docker Hub’s API under the Hub’s name', 'registry-1.docker.io', 'docker.io', true],
    ['another host', 'a.test', 'b.test', false],
    ['a host below', 'a.test', 'b.a.test', false],
    ['a hidden file', '.a.test', '.a.test', false],
    ['a path is no host', 'a.test/ca.crt', 'a.test/ca', false],
    ['a way out is no host', 'a.test/ca.crt', 'x/../a.test', false],
    ['a way up is no host', 'a.test', '../../etc', false],
  ])('%s (%s for %s): %s', async (_title, name, host, expected) => {
    await put(name, one);
    await expect(trusted(create(), host)).resolves.toEqual(expected ? ['one'] : []);
  });
});

test('several places and several in a file add up, each once', async () => {
  await put('a.test/a.crt', `# ours\n${one}${two}`);
  await put('a.test..5000', two);
  await expect(trusted(create(), 'a.test:5000')).resolves.toEqual(['one', 'two']);
});

test('a mounted ConfigMap is followed through its links', async () => {
  await put('..v1/a.test', one);
  await put('..v2/a.test', two);
  await symlink('..v1', join(folder, '..data'));
  await symlink('..data/a.test', join(folder, 'a.test'));
  const trust = create();
  await expect(trusted(trust, 'a.test')).resolves.toEqual(['one']);
  await symlink('..v2', join(folder, '..next'));
  await rename(join(folder, '..next'), join(folder, '..data'));
  clock.advance(10_000);
  await expect(trusted(trust, 'a.test')).resolves.toEqual(['two']);
});

test('the folder is looked at every 10 s at most', async () => {
  const trust = create();
  await expect(trusted(trust, 'a.test')).resolves.toEqual([]);
  await put('a.test', one);
  clock.advance(9_999);
  await expect(trusted(trust, 'a.test')).resolves.toEqual([]);
  clock.advance(1);
  await expect(trusted(trust, 'a.test')).resolves.toEqual(['one']);
  await rm(join(folder, 'a.test'));
  clock.advance(10_000);
  await expect(trusted(trust, 'a.test')).resolves.toEqual([]);
});

describe('what cannot be used is logged once with its file', () => {
  test.each<[string, string, string, readonly string[]]>([
    ['no PEM', 'hello', 'holds no PEM certificate', []],
    [
      'no certificate inside',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'holds 1 PEM block(s) that are not a certificate',
      [],
    ],
    [
      'one cut off behind a good one',
      'ONE-----BEGIN CERTIFICATE-----\nAA',
      'holds 1 PEM block(s) that are not a certificate',
      ['one'],
    ],
    ['a large file', `ONE${'#'.repeat(1024 * 1024)}`, 'is over 1048576 bytes', []],
  ])('%s', async (_title, content, problem, expected) => {
    await put('a.test', content.replace('ONE', one));
    await put('b.test', two);
    const trust = create();
    for (let round = 0; round < 3; round += 1) {
      await expect(trusted(trust, 'a.test')).resolves.toEqual(expected);
      await expect(trusted(trust, 'b.test')).resolves.toEqual(['two']);
      clock.advance(10_000);
    }
    const fields = { file: join(folder, 'a.test'), problem };
    expect(log.lines.map((line) => line.fields)).toEqual([fields]);
  });

  test('a link that leads nowhere, beside a good file', async () => {
    await put('a.test/good.crt', one);
    await symlink('nowhere', join(folder, 'a.test', 'bad.crt'));
    await expect(trusted(create(), 'a.test')).resolves.toEqual(['one']);
    expect(log.lines.map((line) => line.fields)).toEqual([
      { folder, problems: [`${join(folder, 'a.test', 'bad.crt')} does not exist`] },
    ]);
  });

  test('a folder that is gone: what was read stays', async () => {
    await put('a.test', one);
    const trust = create();
    await expect(trusted(trust, 'a.test')).resolves.toEqual(['one']);
    await rename(folder, `${folder}-away`);
    for (let round = 0; round < 2; round += 1) {
      clock.advance(10_000);
      await expect(trusted(trust, 'a.test')).resolves.toEqual(['one']);
    }
    await rename(`${folder}-away`, folder);
    expect(log.lines.map((line) => line.fields)).toEqual([
      { folder, problems: [`${folder} does not exist`] },
    ]);
  });
});
