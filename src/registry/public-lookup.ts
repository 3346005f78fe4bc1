import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isInternalAddress } from './internal-address.ts';

/**
 * Who may be connected to under a host's name: whoever answers to it, or only whom the public internet reaches, so that a
 * name that a tenant wrote is no probe of the inside.
 */
export type Reach = 'anywhere' | 'public';

/** Nothing was sent, since it would have gone to the inside. Tells no address: which one a name has is not for tenants. */
export class InternalAddress extends Error {
  override readonly name = 'InternalAddress';
  readonly code = 'ERR_INTERNAL_ADDRESS';
}

/**
 * Looks names up for a socket, and leaves out addresses of the inside. The socket connects to what it is given here and
 * looks nothing up again, so a name that changes its addresses meanwhile leads nowhere else. Addresses that are written as
 * such are never looked up: those are judged before.
 */
export function createPublicLookup(resolve: LookupFunction = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, answer, family = 0) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = typeof answer === 'string' ? [{ address: answer, family }] : answer;
      const reachable = addresses.filter(({ address }) => !isInternalAddress(address));
      const [first] = reachable;
      if (first === undefined) callback(new InternalAddress(), []);
      else if (options.all === true) callback(null, reachable);
      else callback(null, first.address, first.family);
    });
  };
}
