/** A stream's place: namespace and name. */
export interface StreamKey {
  readonly namespace: string;
  readonly name: string;
}

/** What became of a write: nothing is ever half-written. */
export type WriteOutcome =
  | 'written'
  /** Somebody wrote in between: read again and decide anew. */
  | 'conflict'
  /** The object is no longer there, or another one has its name. */
  | 'gone';

/**
 * Where streams and images are kept, as the importer sees it; the cluster and a folder of files answer it alike. Objects
 * are raw, as the API has them. I/O that fails is thrown.
 */
export interface StreamStore {
  /** The stream as it is now; undefined when there is none. */
  read(key: StreamKey, signal: AbortSignal): Promise<unknown>;
  /**
   * Replaces the status of `raw` (as `read` gave it) unless the stream has changed since.
   *
   * @param status as the API has it
   */
  writeStatus(raw: unknown, status: object): Promise<WriteOutcome>;
  /** Adds an Image, named by its digest ("sha256:…"); one that is there already stays as it is. */
  addImage(raw: ImageObject): Promise<void>;
  /** Every stream, one at a time. */
  eachStream(visit: (raw: unknown) => void, signal: AbortSignal): Promise<void>;
  /** Every Image, one at a time, as it is kept. */
  eachImage(visit: (raw: unknown) => void, signal: AbortSignal): Promise<void>;
  /** Removes an Image, unless it has changed since `eachImage` gave it. */
  removeImage(raw: unknown): Promise<WriteOutcome>;
}

/** An `image.openshift.io/v1` Image, named by its digest. */
export interface ImageObject {
  readonly apiVersion: 'image.openshift.io/v1';
  readonly kind: 'Image';
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** What a store tells of its streams: all of them first, then each change. */
export interface StreamListener {
  /** Starts a full list; what is not put before `commit` is forgotten by it. */
  startList(): { put(raw: unknown): void; commit(): void };
  put(raw: unknown): void;
  remove(key: StreamKey): void;
}
