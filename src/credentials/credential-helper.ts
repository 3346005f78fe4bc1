import { execFile } from 'node:child_process';
import { isObject, stringAt } from '../json/untyped.ts';
import type { Credential } from '../registry/credential.ts';
import type { Log } from '../telemetry/log.ts';
import { createQueue } from './queue.ts';
import { remember } from './remember.ts';

/** Programs `docker-credential-NAME`, by which clouds give out credentials that do not last. */
export interface CredentialHelpers {
  /** What the helper has for a server, now or a few minutes ago. Rejects only when `signal` ends the wait. */
  ask(helper: string, server: string, signal: AbortSignal): Promise<HelperAnswer>;
}

/** `problem` is a sentence for people; it never holds what a helper prints. */
export type HelperAnswer =
  | { readonly kind: 'found'; readonly login: Omit<Credential, 'label'> }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly problem: string };

export interface CredentialHelpersOptions {
  /** What helpers see, and where they are looked for (`PATH`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: { now(): number };
  readonly log: Log;
  /** Tests need not wait. */
  readonly timeoutMs?: number;
}

const timeoutMsMax = 10_000;
const outputMax = 64 * 1024;
/** Less than any token is valid for. */
const keepMs = 5 * 60_000;
/** Somebody may be mending it. Some helpers (ecr-login) say that they have none when they fail. */
const keepNothingMs = 60_000;
const answersMax = 1000;
/** Some are whole interpreters, and hosts are named by whoever may write a stream. */
const processesMax = 4;

/**
 * Asks by the protocol of docker-credential-helpers: `docker-credential-NAME get`, the server on standard input, JSON with
 * Username and Secret on standard output; the user name `<token>` says that the secret is an identity token. Without a shell.
 */
export function createCredentialHelpers(options: CredentialHelpersOptions): CredentialHelpers {
  const { clock, log } = options;
  const queue = createQueue(processesMax);
  const told = new Map<string, string>();
  const answers = remember<HelperAnswer>({
    read: async (key) => {
      const { helper, server } = readKey(key);
      const answer = await queue(() => run(`docker-credential-${helper}`, server, options));
      const problem = answer.kind === 'failed' ? answer.problem : '';
      // By helper: one that is missing is missing for every server.
      if (problem !== '' && problem !== told.get(helper))
        log.warn({ helper: `docker-credential-${helper}`, server, problem }, 'a credential helper fails');
      told.set(helper, problem);
      return answer;
    },
    keepMs: ({ kind }) => (kind === 'found' ? keepMs : keepNothingMs),
    max: answersMax,
    clock,
  });
  return { ask: (helper, server, signal) => answers.get(`${helper} ${server}`, signal) };
}

/** Neither part holds a space. */
function readKey(key: string): { readonly helper: string; readonly server: string } {
  const space = key.indexOf(' ');
  return { helper: key.slice(0, space), server: key.slice(space + 1) };
}

interface Ended {
  readonly error: unknown;
  readonly stdout: string;
}

async function run(
  command: string,
  server: string,
  options: CredentialHelpersOptions,
): Promise<HelperAnswer> {
  const timeoutMs = options.timeoutMs ?? timeoutMsMax;
  const { error, stdout } = await execute(command, server, options.env, timeoutMs);
  if (error === null) return read(command, stdout);
  if (/credentials not found/i.test(stdout)) return { kind: 'none' };
  return { kind: 'failed', problem: `${command} ${reasonOf(error, timeoutMs)}` };
}

/** What a helper prints on standard error is dropped: some print what they are made of. */
function execute(
  command: string,
  server: string,
  env: CredentialHelpersOptions['env'],
  timeout: number,
): Promise<Ended> {
  return new Promise((resolve) => {
    try {
      const limits = { timeout, maxBuffer: outputMax, killSignal: 'SIGKILL' as const };
      const child = execFile(command, ['get'], { ...limits, env, encoding: 'utf8' }, (error, stdout) => {
        resolve({ error, stdout });
      });
      // One that does not read its input breaks the pipe; how it ends says more.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(server);
    } catch (error) {
      resolve({ error, stdout: '' });
    }
  });
}

function read(command: string, stdout: string): HelperAnswer {
  const answer = parseJson(stdout);
  if (!isObject(answer) || typeof answer.Username !== 'string' || typeof answer.Secret !== 'string') {
    const problem = `${command} did not answer with Username and Secret in JSON; is it a docker credential helper?`;
    return { kind: 'failed', problem };
  }
  const { Username: username, Secret: secret } = answer;
  if (secret === '') return { kind: 'none' };
  return {
    kind: 'found',
    login:
      username === '<token>'
        ? { username: '', password: '', identityToken: secret }
        : { username, password: secret },
  };
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { code, killed, signal } = isObject(error) ? error : {};
  if (code === 'ENOENT')
    return 'is not on the PATH of this server: put it there, or take it out of the docker configuration';
  if (code === 'EACCES') return 'may not be run by this process';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `printed more than ${outputMax} bytes`;
  if (killed === true) return `did not answer within ${timeoutMs / 1000} s`;
  const how =
    typeof code === 'number' ? `exit code ${code}` : (stringAt({ signal }, 'signal') ?? 'not started');
  return `failed (${how}); what it printed is not shown, for it may hold secrets: run it by hand`;
}

/** The parser's own message would quote the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
