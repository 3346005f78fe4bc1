import type { IncomingMessage } from 'node:http';

/** Other addresses of 127/8 are not meant: a mesh's proxy hands on what comes from other machines from 127.0.0.6. */
const addresses: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const ownName = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether a request is sent by a program on this machine, of which `kubectl port-forward` is one. Not by a page of the web in a
 * browser there: that has a host name of its own, even one that leads here, or the browser says where it is from.
 */
export function isLocalCaller({ socket, headers }: IncomingMessage): boolean {
  const { host = '', 'sec-fetch-site': site = 'none' } = headers;
  return addresses.has(socket.remoteAddress ?? '') && ownName.test(host) && site === 'none';
}
