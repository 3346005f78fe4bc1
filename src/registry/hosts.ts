import { LRUCache } from 'lru-cache';
import { createCircuit, type Circuit } from './circuit.ts';
import type { Clock } from './clock.ts';
import { createLimiter, type Limiter } from './limiter.ts';

export type Scheme = 'https' | 'http';

/** What is known of one host that speaks the registry protocol. */
export interface Host {
  /** Host and port to connect to. */
  readonly name: string;
  readonly limiter: Limiter;
  readonly circuit: Circuit;
  /** The scheme that answered last where insecure access is allowed; undefined: not known (any more). */
  readonly scheme: { get(): Scheme | undefined; set(scheme: Scheme | undefined): void };
}

/** Far more than anybody imports from: a bound only. */
const hostsMax = 1000;
const schemeMs = 10 * 60_000;

/** At most eight operations at a time with each registry; every operation sends one request after the other. */
export const concurrencyMax = 8;

export interface Hosts {
  readonly of: (name: string) => Host;
  /** How many are left alone for now, because they failed several times in a row. */
  readonly paused: () => number;
}

/** Every host apart, so that none delays another. */
export function createHosts(options: {
  readonly clock: Clock;
  readonly random: () => number;
  readonly perMinute: () => number;
}): Hosts {
  const { clock, random, perMinute } = options;
  const hosts = new LRUCache<string, Host>({ max: hostsMax });
  return {
    of: (name) => {
      const known = hosts.get(name);
      if (known !== undefined) return known;
      const host: Host = {
        name,
        limiter: createLimiter({ clock, perMinute, concurrencyMax }),
        circuit: createCircuit(clock, random),
        scheme: createSchemeMemory(clock),
      };
      hosts.set(name, host);
      return host;
    },
    paused: () => [...hosts.values()].filter(({ circuit }) => circuit.waitMs() > 0).length,
  };
}

/** For a while only: a registry that gets a certificate should be asked by HTTPS again. */
function createSchemeMemory(clock: Clock): Host['scheme'] {
  let known: { readonly scheme: Scheme; readonly untilMs: number } | undefined;
  return {
    get: () => (known !== undefined && known.untilMs > clock.now() ? known.scheme : undefined),
    set(scheme) {
      if (scheme === undefined) known = undefined;
      else if (known?.scheme !== scheme || known.untilMs <= clock.now()) {
        known = { scheme, untilMs: clock.now() + schemeMs };
      }
    },
  };
}
