import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { builtProgram } from './built-program.ts';
import { eventually } from './eventually.ts';

/** The program as users run it, on a folder and a configuration of its own. */
export interface TestServer {
  readonly url: string;
  readonly pid: number;
  /** What it has logged so far. */
  readonly logLines: readonly LogLine[];
  readonly objectsFolder: string;
  readonly configFile: string;
  readonly send: (path: string, options?: SendOptions) => Promise<HttpAnswer>;
  readonly post: (
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<HttpAnswer>;
  /** Posts an AdmissionReview of this request; anything but a 200 with a review of the same uid throws. */
  readonly review: (path: '/mutate' | '/validate', reviewRequest: ReviewRequest) => Promise<ReviewResponse>;
  /** Makes these the only objects there are, and waits until the server answers from them. */
  readonly setObjects: (objects: readonly object[]) => Promise<void>;
  /** Writes one file of the folder, in one step. */
  readonly writeObjects: (file: string, text: string) => Promise<void>;
  /** Ends it as a cluster does; gives its exit code. */
  readonly stop: () => Promise<number | null>;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface SendOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Throws where the text is no JSON. */
  json(): unknown;
}

export interface ReviewRequest {
  readonly uid: string;
  readonly [field: string]: unknown;
}

export interface ReviewResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: string;
  /** Decoded; empty where there is none. */
  readonly patch: PatchOperations;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  readonly status?: DenialStatus;
}

export type PatchOperations = readonly {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}[];

export interface DenialStatus {
  readonly apiVersion: string;
  readonly kind: string;
  readonly status: string;
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details: {
    readonly causes?: readonly {
      readonly reason: string;
      readonly field: string;
      readonly message: string;
    }[];
  };
}

export interface ServerOptions {
  readonly objects?: readonly object[];
  /** The configuration, as it is written to the file (JSON is YAML). */
  readonly config?: object;
  /** More of them; a log level above info would hide the line that says where it listens. */
  readonly flags?: readonly string[];
}

const startMsMax = 20_000;

/** Builds the program if that is needed, starts it on a free port of loopback and waits until it listens. */
export async function startServer({
  objects = [],
  config = {},
  flags = [],
}: ServerOptions = {}): Promise<TestServer> {
  const program = await builtProgram();
  const folder = await mkdtemp(join(tmpdir(), 'pinstream-test-'));
  const objectsFolder = join(folder, 'objects');
  const configFile = join(folder, 'config.yaml');
  await mkdir(objectsFolder);
  await writeFile(join(objectsFolder, 'objects.json'), listOf(objects));
  await writeFile(configFile, JSON.stringify(config));
  const files = ['--objects', objectsFolder, '--config', configFile];
  const args = [program, 'serve', ...files, '--port', '0', '--metrics-port', '0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  // A test run that ends before its servers must not leave them behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void exited.then(() => process.removeListener('exit', kill));
  const { url } = await eventually(() => listeningLine(child, output), {
    describe: 'the server listens',
    timeoutMs: startMsMax,
    intervalMs: 20,
  }).catch(async (error: unknown) => {
    kill();
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const agent = new Agent({ connect: { rejectUnauthorized: false }, connections: 8, pipelining: 1 });
  const send = sender(url, agent);
  const post: TestServer['post'] = (path, body, headers = {}) =>
    send(path, { method: 'POST', headers, body: isRaw(body) ? body : JSON.stringify(body) });
  const writeObjects = (file: string, text: string) => writeInOneStep(join(objectsFolder, file), text);
  let generation = 0;
  return {
    url,
    pid: child.pid ?? 0,
    logLines: output.lines,
    objectsFolder,
    configFile,
    send,
    post,
    review: async (path, reviewRequest) =>
      reviewAnswerOf(await post(path, reviewOf(reviewRequest)), reviewRequest.uid),
    writeObjects,
    setObjects: async (next) => {
      generation += 1;
      const marker = `marker-${generation}`;
      await writeObjects('objects.json', listOf([...next, exemptNamespace(marker)]));
      await eventually(() => sees(post, marker), {
        describe: `the server reads ${marker}`,
        timeoutMs: 10_000,
        intervalMs: 5,
      });
    },
    stop: async () => {
      await agent.destroy();
      child.kill('SIGTERM');
      const code = await exited;
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** Writes a file so that nobody ever reads half of it. */
export async function writeInOneStep(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${Math.random().toString(36).slice(2)}.draft`);
  await writeFile(draft, text);
  await rename(draft, path);
}

/** The AdmissionReview of a request. */
export function reviewOf<T extends object>(reviewRequest: T) {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: reviewRequest };
}

function listOf(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** Exemption is judged before anything that a configuration could change, so that a namespace can mark what was read. */
function exemptNamespace(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'openshift.io/run-level': '0' } },
  };
}

async function sees(post: TestServer['post'], marker: string): Promise<void> {
  const pod = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'c', image: 'i' }] } };
  const answer = await post(`/dry-run?namespace=${marker}`, pod);
  if (!answer.text.includes('ExemptNamespace')) throw new Error(answer.text);
}

function isRaw(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

function sender(url: string, agent: Agent): TestServer['send'] {
  return async (path, { method = 'GET', headers = {}, body = null } = {}) => {
    const answer = await request(`${url}${path}`, { dispatcher: agent, method, headers, body });
    const text = await answer.body.text();
    return {
      code: answer.statusCode,
      headers: answer.headers,
      text,
      json: () => JSON.parse(text) as unknown,
    };
  };
}

function reviewAnswerOf(answer: HttpAnswer, uid: string): ReviewResponse {
  if (answer.code !== 200) throw new Error(`HTTP ${answer.code}: ${answer.text}`);
  const { apiVersion, kind, response } = answer.json() as {
    apiVersion: string;
    kind: string;
    response: Omit<ReviewResponse, 'patch'> & { patch?: string };
  };
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview' || response.uid !== uid) {
    throw new Error(`no answer to the review ${uid}: ${answer.text}`);
  }
  const { patch, ...rest } = response;
  return { ...rest, patch: patch === undefined ? [] : (decoded(patch) as PatchOperations) };
}

function decoded(base64: string): unknown {
  return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
}

interface Output {
  readonly lines: LogLine[];
  readonly errors: string[];
}

function collect({ stdout, stderr }: ChildProcess): Output {
  const output: Output = { lines: [], errors: [] };
  if (stdout !== null) {
    createInterface(stdout).on('line', (line) => output.lines.push(JSON.parse(line) as LogLine));
  }
  stderr?.on('data', (data: Buffer) => output.errors.push(data.toString()));
  return output;
}

function listeningLine(child: ChildProcess, { lines, errors }: Output): { readonly url: string } {
  const line = lines.find(({ msg }) => msg === 'listening');
  if (line !== undefined && typeof line.url === 'string') return { url: line.url };
  const ended = child.exitCode === null ? '' : ` (it ended with code ${child.exitCode})`;
  throw new Error(`no "listening" in its log${ended}: ${JSON.stringify(lines)} ${errors.join('')}`);
}
