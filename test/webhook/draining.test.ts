import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startStubApiServer, type StubApiServer } from '../support/api-server.ts';
import { builtProgram } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { openStream } from '../support/objects.ts';
import { creation, podOf } from '../support/reviews.ts';
import { reviewOf } from '../support/server.ts';
import { serverLookingIn, startImageRegistry } from './fallback-fixture.ts';

/** How a webhook goes: nobody who asks it meanwhile notices (docs/high-availability.md). */
const patient = { timeoutMs: 60_000 };
const review = JSON.stringify(reviewOf(creation(podOf('app:v1'))));

interface Answer {
  readonly code: number;
  readonly closes: boolean;
  readonly text: string;
}

function send(url: string, agent: Agent | false, method: 'GET' | 'POST', body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body) };
    const sending = request(url, { method, agent, headers, rejectUnauthorized: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        resolve({ code: response.statusCode ?? 0, closes: response.headers.connection === 'close', text });
      });
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

describe('on a cluster', () => {
  let api: StubApiServer;
  let folder: string;
  beforeAll(async () => {
    api = await startStubApiServer();
    const streams = api.collection('/apis/image.openshift.io/v1/imagestreams');
    streams.put(openStream('shop', 'app', ['v1']) as Parameters<typeof streams.put>[0]);
    api.collection('/api/v1/namespaces');
    api.collection('/apis/image.openshift.io/v1/images');
    folder = await mkdtemp(join(tmpdir(), 'pinstream-draining-'));
    const named = { name: 'stub' };
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ ...named, cluster: { server: api.url, 'insecure-skip-tls-verify': true } }],
      users: [{ ...named, user: {} }],
      contexts: [{ ...named, context: { cluster: 'stub', user: 'stub' } }],
      'current-context': 'stub',
    };
    await writeFile(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig));
  });
  afterAll(async () => {
    await api.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The program as the manifests run it, ready. */
  async function startWebhook() {
    const flags = ['--kubeconfig', join(folder, 'kubeconfig'), '--host', '127.0.0.1', '--port', '0'];
    const args = [await builtProgram(), 'webhook', ...flags, '--metrics-port', '0'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const exited = once(child, 'exit').then(([code]: (number | null)[]) => code);
    void exited.then(() => process.removeListener('exit', kill));
    const lines: { readonly msg: string; readonly url?: string }[] = [];
    createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as { msg: string }));
    const url = await eventually(
      () => {
        const said = lines.find(({ msg }) => msg === 'listening')?.url;
        if (said === undefined) throw new Error(JSON.stringify(lines));
        return said;
      },
      { describe: 'it listens', ...patient },
    );
    await eventually(
      async () => expect(await send(`${url}/readyz`, false, 'GET')).toMatchObject({ code: 200 }),
      {
        describe: 'it is ready',
        ...patient,
      },
    );
    return { url, exited, kill: (signal: NodeJS.Signals) => child.kill(signal) };
  }

  test('two of them behind a Service, one goes: every review is answered, and it ends with 0', async () => {
    const first = await startWebhook();
    const second = await startWebhook();
    let targets = [first.url, second.url];
    const service = createServer((near) => {
      const target = targets[Math.floor(Math.random() * targets.length)] ?? second.url;
      const far = connect(Number(new URL(target).port), '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(service.address() as AddressInfo).port}`;

    let going = true;
    const answers: Answer[] = [];
    const failures: unknown[] = [];
    // As an API server does: connections are used again, and one that ends is replaced. Nothing is sent twice.
    const callers = Array.from({ length: 8 }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (going) {
        await send(`${url}/mutate`, agent, 'POST', review).then(
          (answer) => answers.push(answer),
          (error: unknown) => failures.push(error),
        );
      }
      agent.destroy();
    });
    const more = async (describe: string) => {
      const wanted = answers.length + 200;
      await eventually(() => expect(answers.length).toBeGreaterThan(wanted), { describe, ...patient });
    };
    await more('reviews are answered');
    first.kill('SIGTERM');
    // The Service has not heard of it yet: new connections still come to the one that goes, and are answered.
    const draining = await eventually(
      async () => {
        const ready = await send(`${first.url}/readyz`, false, 'GET');
        expect(ready).toMatchObject({ code: 503, text: 'not ready: shutting down\n' });
        return send(`${first.url}/mutate`, false, 'POST', review);
      },
      { describe: 'it is not ready any more, and answers', ...patient },
    );
    expect(draining).toMatchObject({ code: 200, closes: true });
    await more('reviews are answered while one goes');
    targets = [second.url];
    expect(await first.exited).toBe(0);
    await more('reviews are answered by the other');
    going = false;
    await Promise.all(callers);

    expect(failures).toEqual([]);
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set([200]));
    expect(answers.some(({ closes }) => closes)).toBe(true);
    service.close();
    second.kill('SIGTERM');
    second.kill('SIGINT');
    // A second signal ends it at once.
    expect(await second.exited).toBe(1);
  });
});

test('what is under way when it has to go is answered, then it ends with 0', async () => {
  const registry = await startImageRegistry();
  const server = await serverLookingIn([registry], { fallback: { timeout: '30s' } });
  const release = registry.hangs({ 'web:1': '1' });
  const agent = new Agent({ keepAlive: true });
  const waiting = send(
    `${server.url}/mutate`,
    agent,
    'POST',
    JSON.stringify(reviewOf(creation(podOf('web:1')))),
  );
  await eventually(() => expect(registry.requests).not.toHaveLength(0), { describe: 'it asks', ...patient });
  process.kill(server.pid, 'SIGTERM');
  await eventually(
    async () => {
      const refused = await send(`${server.url}/healthz`, false, 'GET').catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    },
    { describe: 'it takes no new connections', ...patient },
  );
  release();
  expect(await waiting).toMatchObject({ code: 200, closes: true });
  // Another signal now would end it at once, with 1.
  await eventually(() => expect(() => process.kill(server.pid, 0)).toThrow('ESRCH'), {
    describe: 'it is gone',
    ...patient,
  });
  expect(await server.stop()).toBe(0);
  agent.destroy();
  await registry.stop();
});
