import type { JsonObject } from '../json/untyped.ts';

/** A kind of object, as the API names it. */
export interface ObjectKind {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural: "imagestreams". */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** An object's place; `namespace` is '' for cluster-scoped kinds. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** `client`: nothing is sent; `server`: the API server does all but store it. */
export type DryRun = 'none' | 'client' | 'server';

export interface WriteOptions {
  readonly dryRun: DryRun;
}

/**
 * Objects as the command line reads and changes them; a cluster and a folder of files answer alike. Objects are raw, as the
 * API has them. What is refused is thrown as a StatusError, in the API server's words on a folder, too; I/O is thrown.
 */
export interface ObjectClient {
  /** Undefined: there is none. */
  read(kind: ObjectKind, key: ObjectKey): Promise<JsonObject | undefined>;
  /** @param namespace undefined: of all namespaces */
  list(kind: ObjectKind, namespace: string | undefined): Promise<readonly JsonObject[]>;
  /** Throws `AlreadyExists`. Gives it as it is stored. */
  create(kind: ObjectKind, object: JsonObject, options: WriteOptions): Promise<JsonObject>;
  /**
   * Reads, changes and writes; again, on top of what is there by then, where somebody wrote in between. Gives the object as
   * it is stored. Throws `NotFound`.
   *
   * @param change the changed object; undefined: there is nothing to change. It may be called several times
   */
  change(
    kind: ObjectKind,
    key: ObjectKey,
    change: (object: JsonObject) => JsonObject | undefined,
    options: WriteOptions,
  ): Promise<JsonObject>;
  /** Throws `NotFound`. */
  remove(kind: ObjectKind, key: ObjectKey, options: WriteOptions): Promise<void>;
  /** The objects of a list, and their changes from then on, until `signal` aborts: all present ones come first. */
  follow(
    kind: ObjectKind,
    namespace: string | undefined,
    onChange: (object: JsonObject, isDeleted: boolean) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
