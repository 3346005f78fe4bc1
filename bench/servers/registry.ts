/**
 * A registry that has every image: any name and tag is a manifest of its own. It counts what it is asked for. Plain HTTP, so that
 * little of the machine is spent here. Argument: how long each answer takes, in milliseconds.
 */
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it was asked for since it was last reset. */
export interface RegistryCounts {
  /** Manifests, by HEAD and by GET. */
  readonly head: number;
  readonly get: number;
  /** Different images among those. */
  readonly distinct: number;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 };
const counts = { head: 0, get: 0 };
const asked = new Set<string>();
const delayMs = Number(process.argv[2] ?? 0);

const server = createServer((request, response) => {
  const { method, url = '' } = request;
  if (url === '/bench/counts') {
    const told: RegistryCounts = { ...counts, distinct: asked.size };
    response.end(JSON.stringify(told));
  } else if (url === '/bench/reset') {
    counts.head = 0;
    counts.get = 0;
    asked.clear();
    response.end('{}');
  } else if (url.includes('/manifests/')) {
    counts[method === 'HEAD' ? 'head' : 'get'] += 1;
    asked.add(url);
    if (delayMs === 0) sendManifest(response, url);
    else setTimeout(() => sendManifest(response, url), delayMs);
  } else {
    response.writeHead(404).end();
  }
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${port}` }));
});
process.once('SIGTERM', () => process.exit(0));

/** Node leaves the body out of an answer to HEAD. */
function sendManifest(response: ServerResponse, url: string): void {
  const annotations = { 'org.opencontainers.image.ref.name': url };
  const layers = Array.from({ length: 5 }, () => empty);
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: empty,
    layers,
    annotations,
  });
  response.writeHead(200, {
    'content-type': manifestType,
    'content-length': Buffer.byteLength(body),
    'docker-content-digest': digestOf(body),
  });
  response.end(body);
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
