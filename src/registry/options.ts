import type { LookupFunction } from 'node:net';
import type { Clock } from './clock.ts';
import type { CredentialSource } from './credential.ts';
import type { Proxies } from './proxy.ts';
import type { Reach } from './public-lookup.ts';

export const operationKinds = ['digest', 'manifest', 'config', 'tags'] as const;
export type OperationKind = (typeof operationKinds)[number];

export const requestOutcomes = [
  '2xx',
  '3xx',
  '401',
  '403',
  '404',
  '429',
  '4xx',
  '5xx',
  'unreachable',
  'timeout',
  'tls',
  'plainHttp',
  'other',
] as const;

/** One HTTP request that was sent, for metrics. `registry` is what users wrote: not from a closed list. */
export interface RequestEvent {
  readonly registry: string;
  /** For which operation; `token`: to a token service. */
  readonly operation: OperationKind | 'token';
  /** The class of its status, or what went wrong where there is none. */
  readonly outcome: (typeof requestOutcomes)[number];
  /** From asking until the answer was read. */
  readonly seconds: number;
}

export interface Timeouts {
  /** For a connection with its handshake; 10 s unless told. */
  readonly connectMs: number;
  /** From the request to the end of the answer's headers; 15 s unless told. */
  readonly headersMs: number;
  /** For a whole operation with all its requests, once it is let through; 60 s unless told. */
  readonly operationMs: number;
}

export interface RegistryOptions {
  readonly credentials: CredentialSource;
  /** Manifests and tag lists a minute and registry; 0: no limit. Asked for each time, since it may change. */
  readonly perRegistryPerMinute: () => number;
  /** Certificates (PEM) of authorities that are trusted for this host, besides the system's. */
  readonly trust: (host: string) => Promise<readonly string[]>;
  /**
   * How far a host may lead: the registry as it is reached (`registry-1.docker.io` for Docker Hub, a port where one is
   * written), and every other that it names, its token service and where it redirects to. 'anywhere' unless told. Asked for
   * each request, since it may change.
   */
  readonly reach?: (host: string) => Reach;
  /** How names become addresses; the system's way unless told. */
  readonly lookup?: LookupFunction;
  /** Without them registries are reached directly. */
  readonly proxies?: Proxies;
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random: () => number;
  readonly userAgent: string;
  readonly timeouts?: Partial<Timeouts>;
  readonly onRequest?: (event: RequestEvent) => void;
}

export const defaultTimeouts: Timeouts = { connectMs: 10_000, headersMs: 15_000, operationMs: 60_000 };
