const detailMax = 200;
const hidden = '[hidden]';

/**
 * A text from outside, fit for a message: on one line, bounded, without the queries and user parts of URLs (signed
 * redirects, tokens) and without what is secret here, should a registry repeat what it was shown.
 */
export function clean(text: string, secrets: Iterable<string> = []): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const bare = line
    .slice(0, 64 * 1024)
    .replace(/(?<=:\/\/)[^\s/@]{1,2048}@/g, '')
    .replace(/(?<=:\/\/[^\s?#]{1,2048})[?#]\S*/g, '');
  let safe = bare;
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, hidden);
  // Cutting may halve a pair of surrogates.
  return (safe.length > detailMax ? `${safe.slice(0, detailMax - 1)}…` : safe).toWellFormed();
}
