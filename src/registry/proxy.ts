/** The HTTP proxies that registries are reached through, as curl's variables say; '' for none. */
export interface Proxies {
  /** URL of the proxy for https: addresses. */
  readonly https: string;
  /** URL of the proxy for http: addresses. */
  readonly http: string;
  /** Hosts that are reached directly: names, `.domain`, `host:port`, `*`. */
  readonly none: string;
}

/** Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, small letters first. */
export function proxiesOf(env: Readonly<Record<string, string | undefined>>): Proxies {
  const read = (name: string): string => env[name.toLowerCase()] ?? env[name] ?? '';
  return { https: read('HTTPS_PROXY'), http: read('HTTP_PROXY'), none: read('NO_PROXY') };
}
