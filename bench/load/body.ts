import { readFileSync } from 'node:fs';

/** In a body that is posted with new names each time: where their number goes. */
export const freshName = 'FRESH';

/**
 * Gives the bodies to post, one after another: those of the file, or with a prefix given, each with names that nobody has asked
 * for before.
 */
export function bodiesOf(file: string, prefix: string | undefined): () => Buffer {
  const text = readFileSync(file, 'utf8');
  const constant = Buffer.from(text);
  if (prefix === undefined || prefix === '') return () => constant;
  let count = 0;
  return () => {
    count += 1;
    return Buffer.from(text.replaceAll(freshName, `${prefix}-${count}`));
  };
}
