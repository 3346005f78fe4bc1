/** What a path of the Kubernetes API names. */
export interface ApiPath {
  /** The plural name, of whichever group: no two of those that are served share one. */
  readonly resource: string;
  /** Undefined: of all namespaces, or of none. */
  readonly namespace: string | undefined;
  /** Undefined: the whole collection. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

const pattern =
  /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/;

/** Reads `/api/V/…` and `/apis/GROUP/V/…`; undefined for every other path. */
export function readApiPath(path: string): ApiPath | undefined {
  const { namespace, resource, name, subresource } = pattern.exec(path)?.groups ?? {};
  return resource === undefined ? undefined : { resource, namespace, name, subresource };
}
