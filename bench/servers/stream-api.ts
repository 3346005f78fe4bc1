/**
 * The API server of `sync`, `memory`, `update` and `startup`: so many image streams (first argument), which are made as they are
 * listed, page by page as kube-apiserver does it; their namespaces; no images. It tells watchers of changes when the bench asks it to.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { changeOf, namespaceOf, pageOf } from '../scene/large-streams.ts';

/** What it has done so far. */
export interface StreamApiProgress {
  /** Lists of image streams that were read to their end, and what all their pages took. */
  readonly lists: number;
  readonly bytes: number;
  /** Watches of image streams that are open. */
  readonly watches: number;
}

const streams = Number(process.argv[2] ?? 0);
const streamsPath = '/apis/image.openshift.io/v1/imagestreams';
const watchers = new Set<ServerResponse>();
let lists = 0;
let bytes = 0;
let changes = 0;
let openedWatch = (): void => undefined;

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${port}` }));
});
process.once('SIGTERM', () => process.exit(0));

async function handle({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(url, 'http://api');
  const isWatch = searchParams.get('watch') === '1';
  switch (pathname) {
    case streamsPath:
      if (isWatch) watch(response, watchers);
      else sendPage(response, Number(searchParams.get('limit') ?? streams), searchParams.get('continue'));
      return;
    case '/api/v1/namespaces':
      if (isWatch) watch(response);
      else sendJson(response, listOf('NamespaceList', namespaces()));
      return;
    case '/apis/image.openshift.io/v1/images':
      if (isWatch) watch(response);
      else sendJson(response, listOf('ImageList', []));
      return;
    case '/bench/progress': {
      const progress: StreamApiProgress = { lists, bytes, watches: watchers.size };
      sendJson(response, progress);
      return;
    }
    case '/bench/change':
      sendJson(response, {});
      await change(Number(searchParams.get('count')));
      return;
    case '/bench/expire':
      expire();
      sendJson(response, {});
      return;
    default:
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
  }
}

function sendPage(response: ServerResponse, limit: number, token: string | null): void {
  const first = Number(token ?? 0);
  const count = Math.min(limit, streams - first);
  const end = first + count;
  const page = pageOf(first, count, end < streams ? String(end) : undefined);
  bytes += page.length;
  if (end === streams) lists += 1;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': page.length }).end(page);
}

function watch(response: ServerResponse, group?: Set<ServerResponse>): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  if (group === undefined) return;
  group.add(response);
  response.on('close', () => group.delete(response));
  openedWatch();
}

/** Changes streams here and there, as fast as they are read, once somebody watches. */
async function change(count: number): Promise<void> {
  if (watchers.size === 0) await new Promise<void>((resolve) => (openedWatch = resolve));
  for (let sent = 0; sent < count; sent += 1) {
    changes += 1;
    // A prime far from any size: one after another, the streams are far apart.
    const line = changeOf((changes * 7_368_787) % streams, changes);
    for (const watcher of watchers) {
      if (!watcher.write(line)) await once(watcher, 'drain');
    }
  }
}

/** What watches stood on is gone, as after a compaction of etcd: who watches must list again. */
function expire(): void {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 };
  for (const watcher of watchers) watcher.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
}

function namespaces(): readonly object[] {
  const names = new Set(Array.from({ length: streams }, (_, index) => namespaceOf(index)));
  return [...names].map((name) => ({ metadata: { name, resourceVersion: '1' } }));
}

function listOf(kind: string, items: readonly object[]): object {
  return { kind, apiVersion: 'v1', metadata: { resourceVersion: '1' }, items };
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
