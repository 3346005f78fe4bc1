import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';
import { startFileSource } from '../../src/certs/file-source.ts';
import { inspect } from '../../src/certs/inspect.ts';
import { issueAuthority, issueServing, selfSigned } from '../../src/certs/issue.ts';
import type { ExpiringSource } from '../../src/certs/served-pair.ts';
import { systemClock, type Clock } from '../../src/kube/clock.ts';
import { eventually } from '../support/eventually.ts';
import { handshakeWith } from './handshake.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';

const now = new Date();
const waiting = (describe: string): { describe: string; timeoutMs: number } => ({
  describe,
  timeoutMs: 8_000,
});

let first: CertificatePair;
let second: CertificatePair;
let folder: string;
let log: ReturnType<typeof createRecordingLog>;
let source: ExpiringSource | undefined;

beforeAll(async () => {
  const make = (): Promise<CertificatePair> => selfSigned({ host: 'localhost', now });
  [first, second] = await Promise.all([make(), make()]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinstream-certs-'));
  log = createRecordingLog();
});
afterEach(async () => {
  source?.stop();
  source = undefined;
  await rm(folder, { recursive: true, force: true });
});

const certFile = (): string => join(folder, 'tls.crt');
const keyFile = (): string => join(folder, 'tls.key');

async function write({ cert, key }: CertificatePair, into: string = folder): Promise<void> {
  await Promise.all([writeFile(join(into, 'tls.crt'), cert), writeFile(join(into, 'tls.key'), key)]);
}

async function start(clock: Clock = systemClock): Promise<ExpiringSource> {
  source = await startFileSource({ certFile: certFile(), keyFile: keyFile(), clock, log });
  return source;
}

describe('a pair in files', () => {
  test('is served, and a changed pair is taken on the file event, well before the poll', async () => {
    await write(first);
    const served = await start();
    expect(served.current()).toEqual(first);
    expect(served.notAfter()).toEqual(inspect(first.cert).notAfter);
    const heard: CertificatePair[] = [];
    served.onChange((pair) => heard.push(pair));
    await write(second);
    await eventually(() => expect(heard).toEqual([second]), waiting('the new pair'));
    expect(served.current()).toEqual(second);
  });

  test('is followed through the link that Kubernetes swaps', async () => {
    await Promise.all([mkdir(join(folder, '..1')), mkdir(join(folder, '..2'))]);
    await write(first, join(folder, '..1'));
    await write(second, join(folder, '..2'));
    await symlink('..1', join(folder, '..data'));
    await Promise.all(
      ['tls.crt', 'tls.key'].map((name) => symlink(join('..data', name), join(folder, name))),
    );
    const served = await start();
    expect(served.current()).toEqual(first);
    await symlink('..2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await eventually(() => expect(served.current()).toEqual(second), waiting('the pair behind the new link'));
  });

  test('is found by the poll when its folder was replaced and no event comes', async () => {
    await write(first);
    const clock = createFakeClock(Date.now());
    const served = await start(clock);
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await write(second);
    await eventually(() => {
      clock.advance(10_000);
      expect(served.current()).toEqual(second);
    }, waiting('the polled pair'));
  });

  test.each<[string, (files: CertificatePair) => CertificatePair, string, RegExp]>([
    [
      'a key of another certificate',
      ({ cert }) => ({ cert, key: first.key }),
      'tls.key',
      /not the private key of the certificate/,
    ],
    [
      'half a certificate',
      ({ cert, key }) => ({ cert: cert.slice(0, 200), key }),
      'tls.crt',
      /not a PEM certificate/,
    ],
    ['an empty key', ({ cert }) => ({ cert, key: '' }), 'tls.key', /not an unencrypted PEM private key/],
  ])('stays as it was when the new one is unusable: %s', async (_title, spoil, file, reason) => {
    await write(first);
    const clock = createFakeClock(Date.now());
    const served = await start(clock);
    await write(spoil(second));
    await eventually(() => {
      clock.advance(10_000);
      expect(log.lines.filter(({ level }) => level === 'error')).not.toHaveLength(0);
    }, waiting('the complaint'));
    expect(log.lines.at(-1)).toEqual({
      level: 'error',
      fields: { file: join(folder, file), reason: expect.stringMatching(reason) },
      message: 'new TLS pair refused, the old one stays in use',
    });
    expect(served.current()).toEqual(first);
    await write(second);
    await eventually(() => {
      clock.advance(10_000);
      expect(served.current()).toEqual(second);
    }, waiting('the good pair'));
  });

  test('is complained about once, not at every poll', async () => {
    await write(first);
    const clock = createFakeClock(Date.now());
    await start(clock);
    await rm(keyFile());
    for (let poll = 0; poll < 5; poll += 1) {
      await eventually(() => expect(clock.sleeping()).toHaveLength(1), waiting('the pause'));
      clock.advance(10_000);
    }
    await eventually(() => expect(clock.sleeping()).toHaveLength(1), waiting('the pause'));
    expect(log.lines.map(({ fields }) => fields)).toEqual([
      { file: keyFile(), reason: 'there is no such file' },
    ]);
  });

  test('is left alone after stop', async () => {
    await write(first);
    const clock = createFakeClock(Date.now());
    const served = await start(clock);
    served.stop();
    await eventually(() => expect(clock.sleeping()).toHaveLength(0), waiting('the end'));
  });

  test('may be past its time: it is served, and said so', async () => {
    await write(await selfSigned({ host: 'localhost', now: new Date('2020-01-01') }));
    await start();
    expect(log.lines.map(({ message }) => message)).toEqual(['the TLS certificate has expired']);
  });

  test('may be an elliptic curve one with its chain', async () => {
    openssl(
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout tls.key -out tls.crt -days 2 -subj /CN=ec -addext subjectAltName=DNS:ec.example',
    );
    const served = await start();
    expect(await handshakeWith(served.current(), served.current().cert, 'ec.example')).toBe('trusted');
  });
});

describe('a pair that cannot be served at start', () => {
  test.each<[string, () => Promise<void>, string, string]>([
    ['no certificate', async () => writeFile(keyFile(), first.key), 'tls.crt', 'there is no such file'],
    ['no key', async () => writeFile(certFile(), first.cert), 'tls.key', 'there is no such file'],
    [
      'a text that is none',
      async () => write({ ...first, cert: 'hello' }),
      'tls.crt',
      'not a PEM certificate',
    ],
    [
      'the halves exchanged',
      async () => write({ cert: first.key, key: first.cert }),
      'tls.crt',
      'not a PEM certificate',
    ],
    [
      'the key of another',
      async () => write({ ...first, key: second.key }),
      'tls.key',
      'it is not the private key of the certificate',
    ],
  ])(
    '%s: an error that names the file, the reason and the way out',
    async (_title, prepare, file, reason) => {
      await prepare();
      const error = await start().catch((thrown: unknown) => thrown);
      const message = error instanceof Error ? error.message : 'started';
      expect(message).toContain(`${join(folder, file)}: ${reason}`);
      expect(message).toContain('--tls-cert-file');
      expect(message).not.toContain('PRIVATE KEY-----');
    },
  );

  test('a chain is served with the certificate', async () => {
    const authority = await issueAuthority({ commonName: 'chain', now });
    const leaf = await issueServing({ authority, dnsNames: ['chain.example'], now });
    await write({ cert: leaf.cert + authority.cert, key: leaf.key });
    expect(await handshakeWith((await start()).current(), authority.cert, 'chain.example')).toBe('trusted');
  });
});

function openssl(line: string): void {
  execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'ignore' });
}
