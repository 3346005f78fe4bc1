import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builtProgram } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { creation, podOf } from '../support/reviews.ts';
import { startServer, type TestServer } from '../support/server.ts';

let program: string;
let folder: string;

beforeAll(async () => {
  program = await builtProgram();
  folder = await mkdtemp(join(tmpdir(), 'pinstream-program-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the program to its end; what it does not end by itself is a failure. */
function run(args: readonly string[], node = process.execPath) {
  const { status, stdout, stderr } = spawnSync(node, [program, ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

describe('a command line that cannot be followed', () => {
  test.each<[string, string[], number, RegExp]>([
    ['an unknown verb', ['srve'], 2, /unknown command 'srve'\n\(Did you mean serve\?\)/],
    ['an unknown flag', ['serve', '--bogus'], 2, /unknown option '--bogus'/],
    ['no verb at all', [], 2, /Usage: pinstream/],
    ['a port that is none', ['serve', '--port', 'https'], 2, /a port is a number from 0 to 65535/],
    ['a port too large', ['serve', '--port', '65536'], 2, /a port is a number from 0 to 65535/],
    ['an unknown log level', ['serve', '--log-level', 'loud'], 2, /Allowed choices are debug, info/],
    [
      'triggers on a folder',
      ['serve', '--triggers', '--objects', 'examples', '--port', '0', '--metrics-port', '0'],
      1,
      /--triggers: the files of --objects are applied by somebody else/,
    ],
    [
      'a webhook that is to roll workloads',
      ['webhook', '--triggers', '--objects', '.'],
      1,
      /--triggers: this verb resolves/,
    ],
    ['a webhook that is to import', ['webhook', '--import', '--objects', '.'], 1, /this verb never imports/],
    ['a controller with nothing to do', ['controller', '--no-import', '--objects', '.'], 1, /nothing to run/],
    [
      'a folder that is not there',
      ['serve', '--objects', '/none'],
      1,
      /^pinstream: the folder \/none cannot be read/,
    ],
    [
      'a configuration that is not there',
      ['serve', '--config', '/none'],
      1,
      /^pinstream: the configuration \/none is not usable:\n.*cannot be read/,
    ],
    [
      'a kubeconfig that is not there',
      ['serve', '--kubeconfig', '/none'],
      1,
      /^pinstream: cannot read the kubeconfig \/none: .*--objects DIR$/m,
    ],
    [
      'half a certificate',
      ['serve', '--objects', 'examples', '--tls-cert-file', 'x'],
      1,
      /give both, or neither/,
    ],
    [
      'a certificate that is not there',
      ['serve', '--objects', 'examples', '--tls-cert-file', '/none', '--tls-private-key-file', '/none'],
      1,
      /^pinstream: TLS certificate: \/none: .*--tls-private-key-file/,
    ],
    [
      'a client authority that is not there',
      ['serve', '--objects', 'examples', '--client-ca-file', '/none'],
      1,
      /^pinstream: --client-ca-file \/none: .*ENOENT.*PEM certificate/,
    ],
  ])('%s', (_title, args, status, stderr) => {
    expect(run(args)).toMatchObject({ status, stderr: expect.stringMatching(stderr) });
  });

  test('a configuration with mistakes: each is a line', async () => {
    const file = join(folder, 'bad.yaml');
    await writeFile(file, 'lookup: {missingTag: refuse}\nregistries: []\n');
    expect(run(['serve', '--objects', folder, '--config', file])).toEqual({
      status: 1,
      stdout: '',
      stderr: [
        `pinstream: the configuration ${file} is not usable:`,
        `  ${file}:1:10: lookup.missingTag: Invalid option: expected one of "upstream"|"deny"`,
        `  ${file}:2:1: registries: unknown key`,
        '',
      ].join('\n'),
    });
  });

  test('a port that is taken: named, with the flag that chooses another', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    expect(run(['serve', '--objects', folder, '--port', port, '--metrics-port', '0'])).toMatchObject({
      status: 1,
      stderr: `pinstream: cannot listen on 127.0.0.1:${port}: the port is in use; choose another with --port\n`,
    });
    other.close();
  });
});

test.each([['--version'], ['--help'], ['serve', '--help']])('%s %s is answered on stdout', (...args) => {
  expect(run(args)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/\S/) });
});

const oldNode = '/usr/bin/node';
const { stdout: oldVersion } = spawnSync(oldNode, ['--version'], { encoding: 'utf8' });
const isOld = /^v(?:1\d|20|21)\./.test(oldVersion);

(isOld ? test : test.skip)(
  'on a Node that is too old it says so in one line, and goes on with its own',
  () => {
    const { status, stdout, stderr } = run(['--version'], oldNode);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '0.1.0\n' });
    expect(stderr).toMatch(
      /^pinstream: Node \d+\.\d+\.\d+ is too old: .* or newer is needed; going on with .*\n$/,
    );
  },
);

describe('a server that runs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ objects: [stream] });
  });
  afterAll(() => server.stop());

  const ask = async () => {
    const answer = await server.post('/dry-run?namespace=shop', pod);
    return (answer.json() as { allowed: boolean; objects: { images: { reason: string }[] }[] }).objects[0]
      ?.images[0]?.reason;
  };
  const until = (describe: string, check: () => Promise<void>) =>
    eventually(check, { describe, timeoutMs: 10_000 });

  test('takes a new configuration at once, and keeps the last good one when the next is bad', async () => {
    expect(await ask()).toBe('ImageStreamTag');

    await writeFile(server.configFile, '{"registrySources": {"blockedRegistries": ["quay.example.com"]}}');
    await until('the new configuration', async () => expect(await ask()).toBe('RegistryBlocked'));

    await writeFile(server.configFile, '{"registrySources": {"blocked": []}}');
    await until('the report', () => {
      expect(server.logLines).toContainEqual(
        expect.objectContaining({
          level: 'error',
          msg: 'the new configuration is not usable; the old one stays in force',
          problems: [`${server.configFile}:1:22: registrySources.blocked: unknown key`],
        }),
      );
      return Promise.resolve();
    });
    expect(await ask()).toBe('RegistryBlocked');

    await writeFile(server.configFile, '{}');
    await until('the mended configuration', async () => expect(await ask()).toBe('ImageStreamTag'));
  });

  test('at log level debug, writes a line a review: every image, and why', async () => {
    const talkative = await startServer({ objects: [stream], flags: ['--log-level', 'debug'] });
    await talkative.review('/mutate', creation(podOf('app:v1')));
    const images = { 'containers.0': expect.stringMatching(/^app:v1 -> .*\(ImageStreamTag shop\/app:v1\)$/) };
    await until('the line', () => {
      expect(talkative.logLines).toContainEqual(
        expect.objectContaining({ level: 'debug', msg: 'decided', images }),
      );
      return Promise.resolve();
    });
    await talkative.stop();
    expect(server.logLines.filter(({ level }) => level === 'debug')).toEqual([]);
  });

  test('listens on loopback, says where in one line, and ends with 0 when it is told to', async () => {
    const other = await startServer();
    expect(other.logLines.filter(({ msg }) => msg === 'listening')).toEqual([
      expect.objectContaining({ level: 'info', url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/) }),
    ]);
    expect(await other.stop()).toBe(0);
  });
});

const stream = {
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  metadata: { name: 'app', namespace: 'shop' },
  spec: { lookupPolicy: { local: true } },
  status: {
    tags: [
      {
        tag: 'v1',
        items: [{ image: `sha256:${'a'.repeat(64)}`, dockerImageReference: 'quay.example.com/acme/app' }],
      },
    ],
  },
};

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x' },
  spec: { containers: [{ name: 'c', image: 'app:v1' }] },
};
