/**
 * What the rest of the house asks of a Kubernetes API server. Paths are the API's own ("/api/v1/namespaces/x/secrets");
 * bodies are plain JSON objects. Every call is bounded in time and size by the implementation.
 */
export interface KubeClient {
  /**
   * @param view of the objects of a list
   * @throws {StatusError} when the server answers with a failure; other errors are I/O. `signal` ends the wait.
   */
  get(path: string, signal?: AbortSignal, view?: View): Promise<unknown>;
  create(path: string, body: object): Promise<unknown>;
  /** PUT: optimistic concurrency by the body's `metadata.resourceVersion`. */
  replace(path: string, body: object): Promise<unknown>;
  patch(path: string, body: object, type: PatchType): Promise<unknown>;
  /** DELETE; `body` are DeleteOptions: `preconditions` on uid and resourceVersion delete exactly what was read. */
  delete(path: string, body?: object): Promise<unknown>;
  /** One watch connection: yields events until the server closes it; throws on a broken connection or an ERROR event. */
  watch(path: string, signal: AbortSignal, view?: View): AsyncIterable<WatchEvent>;
}

/** `strategic`: lists of containers are merged by their names; built-in kinds only. */
export type PatchType = 'merge' | 'json' | 'strategic';

/** How much of each object is wanted: all, unless told, or its `metadata` alone. */
export type View = 'objects' | 'metadata';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
}
