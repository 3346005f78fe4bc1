/**
 * An API server for the benches `import` and `trigger`, as a process of its own: it keeps objects in memory, with optimistic concurrency and
 * watches, and counts what it is asked for. What it leaves out: paging, resuming a watch, deletion, validation, and the
 * time that etcd takes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { ApiObjects, type ApiObject, type Watcher, type Written } from './objects.ts';
import { readApiPath, type ApiPath } from './path.ts';
import { PatchCount, TagCount, type Progress } from './progress.ts';

const strategicType = 'application/strategic-merge-patch+json';

let version = 1;
let startedMs = 0;
const resources = new Map<string, ApiObjects>();
const requests: Record<string, number> = {};
const tagCount = new TagCount();
const patchCount = new PatchCount();

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    send(response, 500, status(500, String(error)));
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${port}` }));
});
process.once('SIGTERM', () => process.exit(0));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api');
  if (pathname === '/bench/progress') {
    send(response, 200, progress());
    return;
  }
  if (pathname === '/bench/streams') {
    const streams = (await json(request)) as readonly ApiObject[];
    startedMs = Date.now();
    for (const stream of streams) objectsOf('imagestreams').create(stream);
    send(response, 200, {});
    return;
  }
  if (pathname === '/bench/objects') {
    const objects = objectsOf(searchParams.get('resource') ?? '');
    if (request.method === 'GET') {
      send(response, 200, objects.list(undefined));
      return;
    }
    for (const object of (await json(request)) as readonly ApiObject[]) objects.create(object);
    send(response, 200, {});
    return;
  }
  if (pathname === '/bench/status') {
    startedMs = Date.now();
    sendWritten(
      response,
      200,
      objectsOf('imagestreams').replace((await json(request)) as ApiObject, 'status'),
    );
    return;
  }
  if (pathname === '/apis/image.openshift.io/v1') {
    count('get /apis/image.openshift.io/v1');
    send(response, 200, discovery);
    return;
  }
  const path = readApiPath(pathname);
  if (path === undefined) {
    count(`${request.method ?? ''} ${pathname}`);
    send(response, 404, status(404, 'not served'));
    return;
  }
  const verb = verbOf(request.method ?? '', path, searchParams);
  count(
    `${verb} ${[path.resource, ...(path.subresource === undefined ? [] : [path.subresource])].join('/')}`,
  );
  await answer(verb, path, request, response);
}

async function answer(
  verb: string,
  { resource, namespace, name = '', subresource }: ApiPath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const objects = objectsOf(resource);
  switch (verb) {
    case 'list':
      send(response, 200, {
        kind: 'List',
        metadata: { resourceVersion: String(version) },
        items: objects.list(namespace),
      });
      return;
    case 'watch':
      watch(objects, response);
      return;
    case 'get': {
      const object = objects.get(namespace, name);
      send(
        response,
        object === undefined ? 404 : 200,
        object ?? status(404, `${resource} "${name}" not found`),
      );
      return;
    }
    case 'create':
      sendWritten(response, 201, objects.create((await json(request)) as ApiObject));
      return;
    case 'update': {
      const part = subresource === 'status' ? 'status' : 'object';
      const written = objects.replace((await json(request)) as ApiObject, part);
      if (written.ok && resource === 'imagestreams') tagCount.seen(written.object);
      sendWritten(response, 200, written);
      return;
    }
    case 'patch': {
      const patch = (await json(request)) as object;
      if (request.headers['content-type'] !== strategicType) {
        sendWritten(response, 200, objects.merge(namespace, name, patch));
        return;
      }
      const written = objects.mergeStrategically(namespace, name, patch);
      if (written.ok) patchCount.written(written.object);
      else patchCount.refused();
      sendWritten(response, 200, written);
      return;
    }
    default:
      send(response, 405, status(405, `${verb} is not served`));
  }
}

/** Tells every change from now on: nothing changes between a list and the watch that follows it here. */
function watch(objects: ApiObjects, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const tell: Watcher = (type, object) => response.write(`${JSON.stringify({ type, object })}\n`);
  objects.watchers.add(tell);
  response.on('close', () => objects.watchers.delete(tell));
}

function verbOf(method: string, { name }: ApiPath, query: URLSearchParams): string {
  if (method === 'GET' && query.get('watch') === '1') return 'watch';
  if (method === 'GET') return name === undefined ? 'list' : 'get';
  const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };
  return verbs[method] ?? method.toLowerCase();
}

function objectsOf(resource: string): ApiObjects {
  const known = resources.get(resource) ?? new ApiObjects(() => String((version += 1)));
  resources.set(resource, known);
  return known;
}

function count(what: string): void {
  requests[what] = (requests[what] ?? 0) + 1;
}

function progress(): Progress {
  return {
    requests,
    watches: objectsOf('imagestreams').watchers.size,
    tags: tagCount.total,
    images: objectsOf('images').list(undefined).length,
    startedMs,
    lastTagMs: tagCount.lastMs,
    patches: patchCount.summary(),
  };
}

function sendWritten(response: ServerResponse, code: number, written: Written): void {
  if (written.ok) send(response, code, written.object);
  else send(response, written.code, status(written.code, written.code === 409 ? 'conflict' : 'not found'));
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function status(code: number, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message };
}

const discovery = {
  kind: 'APIResourceList',
  groupVersion: 'image.openshift.io/v1',
  resources: ['imagestreams', 'imagestreams/status', 'images'].map((name) => ({ name })),
};
