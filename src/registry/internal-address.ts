import { BlockList, isIP, isIPv4 } from 'node:net';

/**
 * What is no address of the public internet, so that only the inside answers there (IANA's special-purpose address
 * registries, RFC 6890): loopback, link-local with the clouds' metadata services, private, shared, unspecified, multicast.
 * Besides those, what networks and clouds use for themselves: Pods and Services are also numbered from the ranges for
 * benchmarks and for later (198.18.0.0/15, 240.0.0.0/4), 192.0.0.192 and 168.63.129.16 are services of the platform.
 */
const ranges4: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const ranges6: readonly (readonly [address: string, bits: number])[] = [
  // ::, ::1, and IPv4 addresses in the form that was given up (RFC 4291, 2.5.5.1).
  ['::', 96],
  // Translation inside one network (RFC 8215).
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];
const internal = createInternal();

/** The IPv4 ranges also in the IPv6 forms that lead to them: mapped, NAT64 (RFC 6052), 6to4 (RFC 3056). */
function createInternal(): BlockList {
  const list = new BlockList();
  for (const [address, bits] of ranges4) {
    list.addSubnet(address, bits, 'ipv4');
    list.addSubnet(`::ffff:${address}`, 96 + bits, 'ipv6');
    list.addSubnet(`64:ff9b::${address}`, 96 + bits, 'ipv6');
    list.addSubnet(`2002:${hexOf(address)}::`, 16 + bits, 'ipv6');
  }
  for (const [address, bits] of ranges6) list.addSubnet(address, bits, 'ipv6');
  return list;
}

function hexOf(address: string): string {
  const bytes = Buffer.from(address.split('.').map(Number));
  return `${bytes.readUInt16BE(0).toString(16)}:${bytes.readUInt16BE(2).toString(16)}`;
}

/** Whether an IP address lies inside; what is none counts as such. */
export function isInternalAddress(address: string): boolean {
  const [bare = ''] = address.split('%', 1);
  return isIP(bare) === 0 || internal.check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6');
}

const internalDomains: ReadonlySet<string> = new Set(['svc', 'local', 'internal', 'localhost']);

/**
 * Whether a URL's host name says by itself that it lies inside: an internal address, or a name that only the inside knows.
 * Of all other names only the addresses tell. Services are `.svc` and `.cluster.local`; a name without a dot is one of
 * the own namespace or of the search domains.
 */
export function isInternalHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return isInternalAddress(bare);
  const labels = bare
    .toLowerCase()
    .split('.')
    .filter((label) => label !== '');
  return labels.length < 2 || internalDomains.has(labels.at(-1) ?? '');
}
