import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import express, { type Express, type Request, type Response } from 'express';
import type { Phase } from '../admission/request.ts';
import { admit, type AdmitPorts, type Answer } from './admit.ts';
import { readBody } from './body.ts';
import { dryRun, dryRunFormats, type DryRunPorts } from './dry-run.ts';
import { failure, type FailureCode } from './status.ts';

/** An update's review holds two objects of at most 3 MiB each (the API server's own limit), and its envelope. */
const reviewBytesMax = 8 * 1024 * 1024;
const dryRunBytesMax = 16 * 1024 * 1024;

export interface ServerPorts extends AdmitPorts, DryRunPorts {
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
  const router = express.Router();
  router.post('/mutate', review('mutate', ports));
  router.post('/validate', review('validate', ports));
  router.use(restApp(ports));
  router.use((error: unknown, request: Request, response: Response, _next: unknown) => {
    // A client that breaks off needs no answer. (The request says nothing: it is destroyed once its body is read.)
    if (response.destroyed || response.headersSent) return;
    ports.log.error(
      { url: request.url, error: error instanceof Error ? error.stack : String(error) },
      'a request failed',
    );
    sendFailure(response, 500, 'Pinstream failed to answer (a bug; see its log)');
  });
  return (request, response) => {
    // Express types a router as part of an application; it asks nothing of a request that Node's own does not have.
    router(request as Request, response as Response, () => response.destroy());
  };
}

function review(phase: Phase, ports: ServerPorts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    if (ports.clientsVerified && !isVerified(request)) {
      sendFailure(
        response,
        403,
        'this endpoint answers only callers with a certificate of its client authority',
      );
      return;
    }
    const body = await readBody(request, reviewBytesMax);
    const code = body.ok
      ? sendAnswer(response, await admit(body.bytes, phase, ports, callerWaitsMs(request.url)))
      : sendFailure(response, body.code, body.message);
    ports.metrics.request(phase, code, (performance.now() - started) / 1000);
  };
}

/** The API server says how long it waits: `?timeout=5s`. */
function callerWaitsMs(url = ''): number | undefined {
  const seconds = /[?&]timeout=(\d+)s(?:&|$)/.exec(url)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Everything but reviews. */
function restApp(ports: ServerPorts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.post('/dry-run', (request, response) => answerDryRun(request, response, ports));
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
    sendFailure(response, 405, `${request.method} ${request.path}: use POST`);
  });
  app.use((request: Request, response: Response) => {
    sendFailure(
      response,
      404,
      `nothing at ${request.path}; there are /mutate, /validate, /dry-run, /healthz and /readyz`,
    );
  });
  return app;
}

async function answerDryRun(request: Request, response: Response, ports: ServerPorts): Promise<void> {
  const started = performance.now();
  const code = await sendDryRun(request, response, ports);
  ports.metrics.request('dry-run', code, (performance.now() - started) / 1000);
}

async function sendDryRun(request: Request, response: Response, ports: ServerPorts): Promise<number> {
  if (request.is('multipart/*') !== false && request.is('multipart/*') !== null) {
    return sendFailure(
      response,
      415,
      'multipart bodies are not read; send the YAML or JSON itself (curl --data-binary @FILE)',
    );
  }
  const body = await readBody(request, dryRunBytesMax);
  if (!body.ok) return sendFailure(response, body.code, body.message);
  const format = request.accepts([...dryRunFormats]);
  const { namespace = '' } = request.query;
  if (typeof namespace !== 'string')
    return sendFailure(response, 400, 'the query names more than one namespace');
  const answer = await dryRun(
    {
      text: body.bytes.toString('utf8'),
      namespace: namespace === '' ? 'default' : namespace,
      token: /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1],
      format: dryRunFormats.find((candidate) => candidate === format) ?? 'application/json',
    },
    ports,
  );
  if (answer.code !== 200) return sendFailure(response, answer.code, answer.body.message);
  return send(response, 200, format === false ? 'application/json' : format, answer.body);
}

function isVerified({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket && socket.authorized;
}

function sendAnswer(response: ServerResponse, { code, body }: Answer): number {
  return send(response, code, 'application/json', body);
}

function sendFailure(response: ServerResponse, code: FailureCode, message: string): number {
  if (code === 401) response.setHeader('www-authenticate', 'Bearer');
  return send(response, code, 'application/json', `${JSON.stringify(failure(code, message))}\n`);
}

function send(response: ServerResponse, code: number, type: string, body: string): number {
  const bytes = Buffer.byteLength(body);
  response.writeHead(code, { 'content-type': `${type}; charset=utf-8`, 'content-length': bytes });
  response.end(body);
  return code;
}

/** The API server keeps idle connections for 90 s; whoever closes first loses requests to the race. */
const keepAliveMs = 120_000;
const requestMs = 30_000;

export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  /** PEM of the authority whose clients may send reviews. */
  readonly clientCa?: string;
}

/** The HTTPS server of the webhook; not listening yet. */
export function webhookServer(app: RequestListener, { cert, key, clientCa }: TlsOptions): Server {
  return createServer(
    {
      cert,
      key,
      // Health checks and dry runs come without a certificate, so the handlers judge, not the handshake.
      ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
      minVersion: 'TLSv1.2',
      keepAliveTimeout: keepAliveMs,
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      maxHeaderSize: 32 * 1024,
    },
    app,
  );
}
