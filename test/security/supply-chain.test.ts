import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  readonly 'timeout-minutes'?: number;
}
interface Workflow {
  readonly on: object;
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflows = readdirSync(new URL('.github/workflows', root)).map((name) => {
  const text = read(`.github/workflows/${name}`);
  return { name, text, workflow: parse(text) as Workflow };
});
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([job, body]) => ({ job: `${name} ${job}`, ...body })),
);

describe('workflows', () => {
  test('there are two, for the gate and for a release', () => {
    expect(workflows.map(({ name }) => name).toSorted()).toEqual(['ci.yaml', 'release.yaml']);
  });

  test.each(workflows)(
    '$name gives no job a right by default, and runs no stranger’s code with rights',
    ({ workflow }) => {
      expect(workflow.permissions).toEqual({});
      expect(Object.keys(workflow.on)).not.toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(?:pull_request_target|workflow_run|issue_comment)$/),
        ]),
      );
    },
  );

  test.each(jobs)(
    '$job says what it may do, and may write only for a release',
    ({ job, permissions, ...rest }) => {
      expect(permissions).toBeDefined();
      const writes = Object.entries(permissions ?? {}).filter(([, right]) => right !== 'read');
      if (job.startsWith('ci.yaml')) expect(writes).toEqual([]);
      if (rest.uses === undefined) expect(rest['timeout-minutes']).toBeGreaterThan(0);
    },
  );

  test.each(workflows)('$name pins every action by its commit, with the version beside it', ({ text }) => {
    const lines = text.split('\n').filter((line) => /^\s*-? *uses:/.test(line) && !line.includes('uses: ./'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('one commit stands for one version of an action everywhere', () => {
    const pins = new Map<string, string>();
    for (const { text } of workflows) {
      for (const [, action = '', pin = ''] of text.matchAll(/uses: (\S+?)@(\S+ # \S+)$/gm)) {
        expect(pins.get(action) ?? pin).toBe(pin);
        pins.set(action, pin);
      }
    }
  });

  test.each(jobs)('$job keeps no credential in its checkout', ({ steps = [] }) => {
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@') === true))
      expect(step.with?.['persist-credentials']).toBe(false);
  });

  test.each(jobs)('$job puts nothing from outside into a script', ({ steps = [] }) => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  test('a release waits for the gate, and is signed, attested and published as a draft', () => {
    const { text } = workflows.find(({ name }) => name === 'release.yaml') ?? { text: '' };
    for (const word of [
      'ci.yaml',
      'cosign sign ',
      'attest-build-provenance@',
      'attest-sbom@',
      'SHA256SUMS',
      '--draft',
    ])
      expect(text).toContain(word);
  });
});

describe('dependencies', () => {
  interface Locked {
    readonly integrity?: string;
    readonly dev?: boolean;
    readonly optional?: boolean;
    readonly link?: boolean;
    readonly license?: string;
  }
  const { packages } = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const locked = Object.entries(packages).filter(([path, { link }]) => path !== '' && link !== true);

  test('all are locked by the hash of their content', () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(
      locked.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
  });

  test('only those that are named may run scripts at installation', () => {
    const { allowScripts } = JSON.parse(read('package.json')) as {
      allowScripts: Readonly<Record<string, boolean>>;
    };
    expect(Object.keys(allowScripts).filter((name) => allowScripts[name] === true)).toEqual([
      'node',
      'esbuild',
    ]);
  });

  test('those of the test tools are locked by their sums', () => {
    const folders = readdirSync(new URL('test/cluster/tools', root)).filter((name) =>
      existsSync(new URL(`test/cluster/tools/${name}/go.mod`, root)),
    );
    expect(folders).toEqual(expect.arrayContaining(['distribution', 'etcd', 'kubernetes']));
    for (const name of folders)
      expect(existsSync(new URL(`test/cluster/tools/${name}/go.sum`, root))).toBe(true);
  });

  test('the SBOM of a release names what is in the image, and nothing that only builds it', async () => {
    const maxBuffer = 32 * 1024 * 1024;
    const { stdout } = await promisify(execFile)(process.execPath, ['.github/sbom.js'], {
      cwd: root,
      maxBuffer,
    });
    const sbom = JSON.parse(stdout) as {
      readonly bomFormat: string;
      readonly components: readonly {
        readonly name: string;
        readonly version: string;
        readonly purl: string;
      }[];
    };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const { dependencies } = JSON.parse(read('package.json')) as {
      dependencies: Readonly<Record<string, string>>;
    };
    const listed = sbom.components.map(({ purl }) => purl.replace(/@[^@]*$/, '').replace('%40', '@'));
    expect(listed).toEqual(
      expect.arrayContaining(Object.keys(dependencies).map((name) => `pkg:npm/${name}`)),
    );
    for (const builder of ['esbuild', 'jest', 'typescript', 'eslint'])
      expect(listed).not.toContain(`pkg:npm/${builder}`);
    const wanted = locked.filter(([, { dev = false, optional = false }]) => !dev && !optional).length;
    expect(sbom.components.length).toBeGreaterThanOrEqual(wanted);
  });
});

test('the image runs as nobody, without a shell and without node_modules', () => {
  const dockerfile = read('Dockerfile');
  const final = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  expect(final).toMatch(/FROM gcr\.io\/distroless\/nodejs24-debian13:nonroot/);
  expect(final).toContain('USER 65532:65532');
  expect(final).not.toMatch(/node_modules|^RUN/m);
});
