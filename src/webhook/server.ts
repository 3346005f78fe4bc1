import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import express, { type Express, type Request, type Response } from 'express';
import type { Phase } from '../admission/request.ts';
import { admit, type AdmitPorts } from './admit.ts';
import { createAnswers, type AnswerPorts, type Answers } from './answer.ts';
import { readBody } from './body.ts';
import { dryRun, dryRunFormats, type DryRunPorts } from './dry-run.ts';
import type { FailureCode } from './status.ts';

/** An update's review holds two objects of at most 3 MiB each (the API server's own limit), and its envelope. */
const reviewBytesMax = 8 * 1024 * 1024;
const dryRunBytesMax = 16 * 1024 * 1024;

export interface ServerPorts extends AdmitPorts, DryRunPorts, AnswerPorts {
  /** Why no new requests should be sent here; undefined when ready. A server that drains still decides. */
  readonly unready: () => string | undefined;
  /** Refuse reviews from callers without a certificate of the client authority. */
  readonly clientsVerified: boolean;
}

/**
 * The routes. A handler takes bytes and gives bytes, so that what a request passes through stays short: reviews are
 * routed before express makes requests its own, which costs more than a route does (docs/benchmarks.md).
 */
export function webhookApp(ports: ServerPorts): RequestListener {
  const answers = createAnswers(ports);
  const router = express.Router();
  router.post('/mutate', review('mutate', ports, answers));
  router.post('/validate', review('validate', ports, answers));
  router.use(restApp(ports, answers));
  router.use((error: unknown, request: Request, response: Response, _next: unknown) => {
    // A client that breaks off needs no answer. (The request says nothing: it is destroyed once its body is read.)
    if (response.destroyed || response.headersSent) return;
    ports.log.error(
      { url: request.url, error: error instanceof Error ? error.stack : String(error) },
      'a request failed',
    );
    answers.fail(response, 500, 'Pinstream failed to answer (a bug; see its log)');
  });
  return (request, response) => {
    ports.connections.asks(request.socket);
    // Express types a router as part of an application; it asks nothing of a request that Node's own does not have.
    router(request as Request, response as Response, () => response.destroy());
  };
}

function review(phase: Phase, ports: ServerPorts, answers: Answers) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedMs = performance.now();
    const code = await answerReview(request, response, phase, startedMs, ports, answers);
    ports.metrics.request(phase, code, (performance.now() - startedMs) / 1000);
  };
}

async function answerReview(
  request: IncomingMessage,
  response: ServerResponse,
  phase: Phase,
  startedMs: number,
  ports: ServerPorts,
  answers: Answers,
): Promise<200 | FailureCode> {
  const { connections, overload } = ports;
  const lagMs = overload.lag.read(startedMs);
  if (ports.clientsVerified && !isVerified(request)) {
    return answers.fail(
      response,
      403,
      'this endpoint answers only callers with a certificate of its client authority',
    );
  }
  const body = await readBody(request, { bytesMax: reviewBytesMax, load: overload.reviews, startedMs });
  connections.hasAsked(request.socket);
  if (!body.ok && body.code !== 503) return answers.fail(response, body.code, body.message);
  const leftMs = callerWaitsMs(request.url) - lagMs - (performance.now() - startedMs);
  const admitted = !body.ok ? body : leftMs <= 0 ? late : admit(body.bytes, phase, ports, leftMs);
  const answer = admitted instanceof Promise ? await admitted : admitted;
  if ('body' in answer) return answers.send(response, answer.code, 'application/json', answer.body);
  overload.shed(phase, answer.shed);
  return answers.shed(response, answer.shed);
}

/** Nobody waits for the answer any more, and others may. */
const late = { shed: 'late' } as const;

/** The API server says how long it waits: `?timeout=5s`. */
function callerWaitsMs(url = ''): number {
  const seconds = /[?&]timeout=(\d+)s(?:&|$)/.exec(url)?.[1];
  return seconds === undefined ? Infinity : Number(seconds) * 1000;
}

/** Everything but reviews. */
function restApp(ports: ServerPorts, answers: Answers): Express {
  const { send, fail } = answers;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.post('/dry-run', (request, response) => answerDryRun(request, response, ports, answers));
  app.get('/healthz', (_request, response) => {
    send(response, 200, 'text/plain', 'ok\n');
  });
  app.get('/readyz', (_request, response) => {
    const reason = ports.unready();
    if (reason === undefined) send(response, 200, 'text/plain', 'ok\n');
    else send(response, 503, 'text/plain', `not ready: ${reason}\n`);
  });
  app.all(['/mutate', '/validate', '/dry-run'], (request, response) => {
    response.setHeader('allow', 'POST');
    fail(response, 405, `${request.method} ${request.path}: use POST`);
  });
  app.use((request: Request, response: Response) => {
    fail(
      response,
      404,
      `nothing at ${request.path}; there are /mutate, /validate, /dry-run, /healthz and /readyz`,
    );
  });
  return app;
}

async function answerDryRun(
  request: Request,
  response: Response,
  ports: ServerPorts,
  answers: Answers,
): Promise<void> {
  const startedMs = performance.now();
  const code = await sendDryRun(request, response, startedMs, ports, answers);
  ports.metrics.request('dry-run', code, (performance.now() - startedMs) / 1000);
}

async function sendDryRun(
  request: Request,
  response: Response,
  startedMs: number,
  ports: ServerPorts,
  { send, fail, shed }: Answers,
): Promise<200 | FailureCode> {
  if (request.is('multipart/*') !== false && request.is('multipart/*') !== null) {
    return fail(
      response,
      415,
      'multipart bodies are not read; send the YAML or JSON itself (curl --data-binary @FILE)',
    );
  }
  const { connections, overload } = ports;
  const load = overload.dryRuns;
  const body = await readBody(request, { bytesMax: dryRunBytesMax, load, startedMs });
  connections.hasAsked(request.socket);
  if (!body.ok && body.code !== 503) return fail(response, body.code, body.message);
  const refused = body.ok ? load.wait(body.bytes.length) : body.shed;
  if (!body.ok || refused !== undefined) {
    const reason = refused ?? 'memory';
    overload.shed('dry-run', reason);
    return shed(response, reason);
  }
  try {
    return await sendDryRunOf(body.bytes, request, response, ports, { send, fail });
  } finally {
    load.waited(body.bytes.length);
  }
}

async function sendDryRunOf(
  bytes: Buffer,
  request: Request,
  response: Response,
  ports: ServerPorts,
  { send, fail }: Pick<Answers, 'send' | 'fail'>,
): Promise<200 | FailureCode> {
  const format = request.accepts([...dryRunFormats]);
  const { namespace = '' } = request.query;
  if (typeof namespace !== 'string') return fail(response, 400, 'the query names more than one namespace');
  const answer = await dryRun(
    {
      text: bytes.toString('utf8'),
      namespace: namespace === '' ? 'default' : namespace,
      token: /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1],
      format: dryRunFormats.find((candidate) => candidate === format) ?? 'application/json',
    },
    ports,
  );
  if (answer.code !== 200) return fail(response, answer.code, answer.body.message);
  return send(response, 200, format === false ? 'application/json' : format, answer.body);
}

function isVerified({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket && socket.authorized;
}

/** The API server keeps idle connections for 90 s; whoever closes first loses requests to the race. */
const keepAliveMs = 120_000;
/** An API server has sent all of it within milliseconds; whoever takes longer sends a byte at a time. */
export const handshakeMs = 10_000;
const headersMs = 10_000;
const requestMs = 30_000;
/** How often the last two are looked at. */
const checkMs = 5_000;

export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  /** PEM of the authorities whose clients may send reviews. */
  readonly ca?: string;
}

/** The HTTPS server of the webhook; not listening yet. */
export function webhookServer(app: RequestListener, { cert, key, ca }: TlsOptions): Server {
  return createServer(
    {
      cert,
      key,
      // Health checks and dry runs come without a certificate, so the handlers judge, not the handshake.
      ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false }),
      minVersion: 'TLSv1.2',
      handshakeTimeout: handshakeMs,
      keepAliveTimeout: keepAliveMs,
      requestTimeout: requestMs,
      headersTimeout: headersMs,
      connectionsCheckingInterval: checkMs,
      maxHeaderSize: 32 * 1024,
    },
    app,
  );
}
