import type { ServerResponse } from 'node:http';

export interface StubObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
  };
  readonly [key: string]: unknown;
}

interface StubEvent {
  readonly version: number;
  readonly type: string;
  readonly object: StubObject;
}

/** Answers of the stub that are not a success. */
export interface StubStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

export const expired: StubStatus = { code: 410, reason: 'Expired', message: 'too old resource version' };

/** A `v1 Status` of a failure. */
export const statusBody = (status: StubStatus): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  ...status,
});

/** One collection of the stub API server: what it holds, its history, the watches that are open. */
export class StubCollection {
  /** An unserved path answers 404 in plain text, as kube-apiserver does. */
  served = true;
  readonly watches = new Set<ServerResponse>();
  readonly #objects = new Map<string, StubObject>();
  #events: StubEvent[] = [];
  #compactedTo = 0;
  #epoch = 0;
  readonly #nextVersion: () => number;

  constructor(nextVersion: () => number) {
    this.#nextVersion = nextVersion;
  }

  put(object: StubObject): void {
    const key = keyOf(object);
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = this.#record(type, object);
    this.#objects.set(key, stored);
  }

  remove(name: string, namespace?: string): void {
    const key = `${namespace ?? ''}/${name}`;
    const object = this.#objects.get(key);
    if (object === undefined) throw new Error(`${key} is not there`);
    this.#objects.delete(key);
    this.#record('DELETED', object);
  }

  /** Tells all watches how far the world is, without an event of this collection. */
  bookmark(): void {
    const metadata = { resourceVersion: String(this.#nextVersion()) };
    this.sendLine(JSON.stringify({ type: 'BOOKMARK', object: { metadata } }));
  }

  sendError(status: StubStatus): void {
    this.sendLine(JSON.stringify({ type: 'ERROR', object: statusBody(status) }));
  }

  sendLine(line: string): void {
    for (const watch of this.watches) watch.write(`${line}\n`);
  }

  closeWatches(): void {
    for (const watch of this.watches) watch.end();
    this.watches.clear();
  }

  dropWatches(): void {
    for (const watch of this.watches) watch.destroy();
    this.watches.clear();
  }

  /** Forgets history: watches from before are answered 410, and so are continue tokens that are out. */
  compact(): void {
    this.#compactedTo = this.#nextVersion();
    this.#events = [];
    this.#epoch += 1;
  }

  list(limit: number, token: string): object {
    const [epoch = 0, start = 0] = token === '' ? [this.#epoch] : token.split('-').map(Number);
    if (epoch !== this.#epoch) return statusBody({ ...expired, message: 'the continue token is too old' });
    const all = [...this.#objects.values()];
    const items = all.slice(start, start + limit);
    const rest = all.length - start - items.length;
    const next = rest > 0 ? { continue: `${this.#epoch}-${start + limit}` } : {};
    return { kind: 'List', metadata: { resourceVersion: String(this.#nextVersion()), ...next }, items };
  }

  watch(response: ServerResponse, from: number): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.watches.add(response);
    response.on('close', () => this.watches.delete(response));
    if (from < this.#compactedTo) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusBody(expired) })}\n`);
      return;
    }
    for (const event of this.#events) if (event.version > from) response.write(lineOf(event));
  }

  #record(type: string, object: StubObject): StubObject {
    const version = this.#nextVersion();
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const event = { version, type, object: stored };
    this.#events.push(event);
    for (const watch of this.watches) watch.write(lineOf(event));
    return stored;
  }
}

const keyOf = ({ metadata }: StubObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

const lineOf = ({ type, object }: StubEvent): string => `${JSON.stringify({ type, object })}\n`;
