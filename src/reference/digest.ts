/** Hex digits of each algorithm that an image digest may use. */
const hexLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

export type DigestCheck = { readonly ok: true } | { readonly ok: false; readonly error: string };

/** Judges "algorithm:hex": a known algorithm and exactly its length (spec openshift-admission.md 2.1). */
export function checkDigest(text: string): DigestCheck {
  const colon = text.indexOf(':');
  const hex = text.slice(colon + 1);
  if (colon < 1 || !/^[0-9a-fA-F]+$/.test(hex)) return { ok: false, error: 'invalid checksum digest format' };
  const algorithm = text.slice(0, colon);
  if (!Object.hasOwn(hexLengths, algorithm)) return { ok: false, error: 'unsupported digest algorithm' };
  if (hexLengths[algorithm] !== hex.length) return { ok: false, error: 'invalid checksum digest length' };
  return { ok: true };
}

/** Whether `text` is a complete, well-formed digest. */
export function isDigest(text: string): boolean {
  return checkDigest(text).ok;
}
