import { createHash, timingSafeEqual } from 'node:crypto';

/** Hex digits of each algorithm; the OCI image spec registers the outer two, references may also hold the third. */
const hexLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/** Whether it is "algorithm:hex" in lower case, with an algorithm that can be verified here. */
export function isVerifiableDigest(digest: string): boolean {
  const colon = digest.indexOf(':');
  const hex = digest.slice(colon + 1);
  return hexLengths.get(digest.slice(0, colon)) === hex.length && /^[0-9a-f]+$/.test(hex);
}

/** The digest by which a registry knows these bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Whether the bytes have this digest; never for a digest that cannot be verified. */
export function verifyDigest(digest: string, bytes: Uint8Array): boolean {
  if (!isVerifiableDigest(digest)) return false;
  const colon = digest.indexOf(':');
  const found = createHash(digest.slice(0, colon)).update(bytes).digest();
  return timingSafeEqual(found, Buffer.from(digest.slice(colon + 1), 'hex'));
}
