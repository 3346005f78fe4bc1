import { spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verbs } from '../../src/cli/verbs.ts';
import type { JsonObject } from '../../src/json/untyped.ts';
import { sendJson, startStubApiServer } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import { verbRun } from '../support/verb-run.ts';
import { completionFolder, type CompletionFolder } from './completion-folder.ts';

let at: CompletionFolder;

beforeAll(async () => {
  at = await completionFolder();
});
afterAll(() => at.remove());

interface Answered {
  readonly out: readonly string[];
  readonly err: string;
  readonly code: number | null;
}

/** Runs the program without blocking, so that a server of the test can answer it. */
async function program(args: readonly string[], name = 'pinstream'): Promise<Answered> {
  const child = spawn(join(at.bin, name), args, {
    env: { PATH: `${at.bin}:${process.env.PATH ?? ''}`, HOME: at.root },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out: out.split('\n').filter((line) => line !== ''), err, code: await ended };
}

/** The candidates for a line; the last word is what stands behind the last blank. */
async function candidates(line: string, ...flags: readonly string[]): Promise<readonly string[]> {
  const { out, err, code } = await program(['__complete', ...flags, '--', ...wordsOf(line)]);
  expect({ err, code }).toEqual({ err: '', code: 0 });
  return out.map((candidate) => candidate.split('\t', 1).join());
}

const wordsOf = (line: string): readonly string[] => line.replaceAll('DIR', at.objects).split(' ');

describe('a line on a folder', () => {
  it.each([
    ['verbs', 'im', ['import-image']],
    ['verbs of two words', 'set image', ['image-lookup']],
    ['second words with their other names', 'create imagestreamt', ['imagestreamtag']],
    ['second words by a short name', 'create is', ['is', 'istag']],
    ['nothing behind an unknown verb', 'frobnicate ', []],
    ['flags', 'tag --import', ['--import-mode']],
    ['flags of all verbs', 'get --name', ['--namespace']],
    ['no flag twice', 'get -n demo --name', []],
    ['flags that may be given twice', 'get --as u --as-group a --as-', ['--as-group']],
    ['no flags behind their end', 'tag -- --import', []],
    ['words of a flag', 'tag --import-mode ', ['Legacy', 'PreserveOriginal']],
    ['words of a flag behind its sign', 'tag --dry-run=c', ['--dry-run=client']],
    ['words of a flag by its placeholder', 'tag --reference-policy l', ['local']],
    ['on and off', 'tag --alias=', ['--alias=true', '--alias=false']],
    ['no words where a flag is on or off by itself', 'set image-lookup --enabled fal', []],
    ['folders', 'get --objects ', [':folders']],
    ['files', 'get --config=', [':files']],
    ['files of a verb', 'resolve -f ', [':files']],
    ['kinds', 'get ist', ['istag']],
    ['shells', 'completion ', ['bash', 'zsh', 'fish']],
    ['namespaces', 'get --objects DIR -n ', ['demo', 'other']],
    ['namespaces behind the letter', 'get --objects=DIR -no', ['-nother']],
    ['streams', '--objects DIR -n demo get is w', ['web', 'worker']],
    ['streams behind their kind', '--objects DIR -n demo get is/we', ['is/web']],
    ['streams of a namespace', '--objects DIR get is other/', ['other/db']],
    ['streams and their tags', '--objects DIR -n demo import-image we', ['web', 'web:']],
    ['streams before tags', '--objects DIR -n demo tag w', ['web:', 'worker:']],
    ['tags of the only stream', '--objects DIR -n demo tag we', ['web:1', 'web:1.1']],
    ['tags', '--objects DIR -n demo tag reg.test/x worker:', ['worker:stable']],
    ['tags of another namespace', '--objects DIR -n other tag demo/web:1.', ['demo/web:1.1']],
    ['workloads', '--objects DIR -n demo set image-lookup deploy/', ['deploy/shop']],
    ['kinds of workloads', '--objects DIR -n demo set image-lookup sta', ['statefulset/']],
    ['nothing on a folder that is not there', '--objects /none tag w', []],
    ['nothing on a namespace that is not there', '--objects DIR -n none tag ', []],
    ['nothing without a cluster', 'tag w', []],
  ])('offers %s: %s', async (_what, line, expected) => {
    expect(await candidates(line)).toEqual(expected);
  });

  it('never offers what a shell would run', async () => {
    expect(await candidates('--objects DIR -n demo get is $')).toEqual([]);
    expect(await candidates('--objects DIR -n demo get is ')).toEqual(['web', 'worker']);
  });

  it('says where a tag comes from', async () => {
    const { out } = await program(['__complete', '--', ...wordsOf('--objects DIR -n demo tag web:')]);
    expect(out).toEqual(['web:1\treg.test/web:1', 'web:1.1\treg.test/web:1.1']);
  });
});

describe('as kubectl asks', () => {
  it.each([
    [
      'words end with no space and no files where they go on',
      '--objects DIR -n demo tag w',
      ['web:', 'worker:', ':6'],
    ],
    ['words leave out files', '--objects DIR -n demo tag web:1.', ['web:1.1', ':4']],
    ['files are left to the shell', 'resolve -f ', [':0']],
    ['folders are, too', 'get --objects ', [':16']],
  ])('%s', async (_what, line, expected) => {
    expect(await candidates(line, '--kubectl')).toEqual(expected);
  });
});

describe('every verb', () => {
  it('of the help is offered, and no other', async () => {
    const help = await program(['--help']);
    const listed = help.out
      .slice(help.out.indexOf('Image streams:'))
      .flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? [])
      .filter((word) => word !== 'help');
    expect(listed).not.toContain('__complete');
    expect(await candidates('')).toEqual(listed);
  });

  it.each(verbs.filter(({ hidden }) => hidden !== true).map(({ path }) => [path.join(' ')]))(
    '%s offers its flags',
    async (path) => {
      expect(await candidates(`${path} --objec`)).toEqual(['--objects']);
    },
  );
});

describe('a line on a cluster', () => {
  const kubeconfig = async (name: string, url: string): Promise<string> => {
    const file = join(at.root, name);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'here',
      clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      contexts: [
        { name: 'here', context: { cluster: 'c', namespace: 'demo', user: 'u' } },
        { name: 'u@there', context: { cluster: 'c', user: 'u' } },
        { name: 'a b', context: { cluster: 'c', user: 'u' } },
      ],
      users: [{ name: 'u', user: {} }],
    };
    await writeFile(file, JSON.stringify(config));
    return file;
  };

  it('offers contexts', async () => {
    const file = await kubeconfig('contexts', 'https://127.0.0.1:1');
    expect(await candidates(`--kubeconfig ${file} get --context `)).toEqual(['here', 'u@there']);
  });

  it('offers its streams', async () => {
    const server = await startStubApiServer();
    try {
      const metadata = { name: 'web', namespace: 'demo' };
      const spec = { tags: [{ name: '1', from: { kind: 'DockerImage', name: 'reg.test/web:1' } }] };
      server.collection('/apis/image.openshift.io/v1/namespaces/demo/imagestreams').put({ metadata, spec });
      const file = await kubeconfig('streams', server.url);
      // Whoever is late offers nothing; on a slow machine one presses the key again.
      await eventually(async () => expect(await candidates(`--kubeconfig ${file} tag `)).toEqual(['web:1']), {
        describe: 'the streams of the cluster',
      });
    } finally {
      await server.stop();
    }
  });

  it.each([
    ['refuses', 403],
    ['fails', 500],
  ])('is silent where it %s', async (_what, code) => {
    const server = await startStubApiServer();
    try {
      server.answer((_request, response) => {
        response.setHeader('warning', '299 - "deprecated"');
        sendJson(response, code, { kind: 'Status', status: 'Failure', code, message: 'no' });
        return true;
      });
      const file = await kubeconfig('silent', server.url);
      const { out, code: exit } = await program(['__complete', '--', '--kubeconfig', file, 'tag', '']);
      expect({ out, exit }).toEqual({ out: [], exit: 0 });
    } finally {
      await server.stop();
    }
  });

  it('is silent, and soon, where it does not answer', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const file = await kubeconfig('hangs', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const started = performance.now();
      expect(await candidates(`--kubeconfig ${file} --request-timeout 60s tag `)).toEqual([]);
      expect(performance.now() - started).toBeLessThan(40_000);
    } finally {
      server.close();
    }
  });
});

describe('namespaces', () => {
  const object = (apiVersion: string, kind: string, name: string): JsonObject => ({
    apiVersion,
    kind,
    metadata: { name },
  });

  it.each([
    ['those of a cluster', 'cluster', [], ['a', 'b']],
    ['none where a cluster does not tell', 'cluster', ['namespaces'], []],
    ['the projects where OpenShift tells these alone', 'openshift', ['namespaces'], ['p']],
  ] as const)('%s', async (_what, kind, forbidden, expected) => {
    const stored = [
      object('v1', 'Namespace', 'b'),
      object('v1', 'Namespace', 'a'),
      object('project.openshift.io/v1', 'Project', 'p'),
    ];
    const objects = memoryObjects(stored, { forbidden });
    const { out, err } = await verbRun(['__complete', '--', 'get', '-n', ''], { objects, kind });
    expect({ out: out.split('\n').slice(0, -1), err }).toEqual({ out: expected, err: '' });
  });
});

describe('descriptions', () => {
  it('are one short line', async () => {
    const name = `reg.test/${'x'.repeat(80)}\n\u001b[31m`;
    const stream = {
      apiVersion: 'image.openshift.io/v1',
      kind: 'ImageStream',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { tags: [{ name: '1', from: { kind: 'DockerImage', name } }] },
    };
    const { out } = await verbRun(['__complete', '--', 'tag', 'web:'], { objects: memoryObjects([stream]) });
    expect(out).toBe(`web:1\treg.test/${'x'.repeat(50)}…\n`);
  });
});

describe('completion', () => {
  it.each([
    ['nothing', [], 'error: give one of bash, zsh, fish\n'],
    ['a shell that is none of these', ['pwsh'], 'error: give one of bash, zsh, fish, not "pwsh"\n'],
  ])('says what there is for %s', async (_what, args, message) => {
    const { code, err } = await verbRun(['completion', ...args]);
    expect({ code, err }).toEqual({
      code: 1,
      err: `${message}See 'pinstream completion -h' for help and examples\n`,
    });
  });
});

describe('as a plugin of kubectl', () => {
  it.each([
    ['pinstream', [], 'Usage: pinstream '],
    ['kubectl-pinstream', [], 'Usage: kubectl pinstream '],
    ['kubectl-pinstream', ['tag'], 'Usage: kubectl pinstream tag '],
  ])('%s %j --help begins with %j', (name, args, expected) => {
    const { stdout } = spawnSync(join(at.bin, name), [...args, '--help'], { encoding: 'utf8' });
    expect(stdout.slice(0, expected.length)).toBe(expected);
  });
});
