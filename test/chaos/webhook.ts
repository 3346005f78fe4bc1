import { mkdtemp, readFile } from 'node:fs/promises';
import { get, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { objectAt, stringAt } from '../../src/json/untyped.ts';
import { creation, podOf } from '../support/reviews.ts';
import { ComponentError, startComponent } from '../cluster/component.ts';
import { freePorts } from '../cluster/loopback.ts';
import { linesOf, type LogLine } from '../cluster/pinstream.ts';
import { startWatchdog } from '../cluster/watchdog.ts';
import type { Endpoint } from './balancer.ts';
import { namespace } from './install.ts';

export interface WebhookOptions {
  /** The built program, or another copy of it. */
  readonly program: string;
  /** In which its files go. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly config: string;
}

/** One process of the webhook, as one Pod of its Deployment: it is started once and ends once. */
export interface Webhook extends Endpoint {
  readonly program: string;
  readonly metricsUrl: string;
  readonly pid: number;
  /** How it ended; undefined while it runs. */
  ended(): string | undefined;
  log(): Promise<readonly LogLine[]>;
  /** Sends a signal that does not end it. */
  send(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2' | 'SIGWINCH'): void;
  /** Ends it and waits until it is gone; gives how it ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<string>;
  /** What it would make of a Pod with this image; asked past the balancer, and rejects when it does not answer. */
  imageOf(image: string): Promise<string>;
  /** The certificate that it shows: DER, base64. */
  certificate(): Promise<string>;
}

const startTimeoutMs = 120_000;
const answerMs = 3_000;
const preload = fileURLToPath(new URL('pod.ts', import.meta.url));

/** Starts it and waits until it is ready. It ends with `end`, at the latest with this process. */
export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const webhook = await launchWebhook(options);
  const deadline = Date.now() + startTimeoutMs;
  while (!(await webhook.isReady())) {
    const how = webhook.ended() ?? (Date.now() > deadline ? 'was not ready in time' : undefined);
    if (how !== undefined)
      throw new Error(`a webhook ${how} before it was ready; its log: ${options.folder}`);
    await delay(100);
  }
  return webhook;
}

/** Starts it; it is not ready yet. */
export async function launchWebhook(options: WebhookOptions): Promise<Webhook> {
  const { program, folder, kubeconfig, config } = options;
  const dir = await mkdtemp(join(folder, 'webhook-'));
  const ports = await freePorts(['https', 'metrics']);
  const logPath = join(dir, 'webhook.log');
  const component = startComponent({
    name: 'webhook',
    command: process.execPath,
    args: [
      `--import=${preload}`,
      program,
      'webhook',
      '--host=127.0.0.1',
      `--port=${ports.https}`,
      `--metrics-port=${ports.metrics}`,
      `--kubeconfig=${kubeconfig}`,
      `--config=${config}`,
    ],
    env: { HOME: dir, PATH: process.env.PATH ?? '', NODE_NO_WARNINGS: '1' },
    logPath,
  });
  const { pid } = component;
  if (pid === undefined) throw new ComponentError(component, 'could not be started');
  const watchdog = startWatchdog(dir);
  watchdog.watch(pid);
  const url = `https://127.0.0.1:${ports.https}`;
  return {
    program,
    port: ports.https,
    metricsUrl: `http://127.0.0.1:${ports.metrics}/metrics`,
    pid,
    ended: () => component.ended(),
    log: async () => linesOf(await readFile(logPath, 'utf8')),
    isReady: () => answers(`${url}/readyz`),
    send: (signal) => void process.kill(pid, signal),
    end: async (signal) => {
      await component.end(signal);
      watchdog.dismiss();
      return component.ended() ?? 'is still there';
    },
    imageOf: (image) => reviewedImage(`${url}/mutate`, image),
    certificate: () => shownCertificate(ports.https),
  };
}

/** Who answers is known, it is our own process: its certificate is for the API server to verify. */
const unverified = { agent: false, rejectUnauthorized: false, timeout: answerMs } as const;

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = get(url, unverified, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    outgoing.once('timeout', () => outgoing.destroy());
    outgoing.once('error', () => resolve(false));
  });
}

async function reviewedImage(url: string, image: string): Promise<string> {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: creation(podOf(image), namespace),
  };
  const answer: unknown = JSON.parse(await post(url, JSON.stringify(review)));
  const patch = Buffer.from(stringAt(objectAt(answer, 'response'), 'patch') ?? '', 'base64').toString();
  const changes = (patch === '' ? [] : JSON.parse(patch)) as readonly { path: string; value: unknown }[];
  const found = changes.find(({ path }) => path === '/spec/containers/0/image')?.value;
  return typeof found === 'string' ? found : image;
}

function shownCertificate(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ...unverified }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(raw.toString('base64'));
    });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`port ${port}: no handshake`)));
  });
}

function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const outgoing = request(url, { ...unverified, method: 'POST', headers }, (response) => {
      text(response).then(resolve, reject);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${url}: no answer within ${answerMs} ms`)));
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
