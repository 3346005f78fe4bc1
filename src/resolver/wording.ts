/** The words that messages of the resolver share. */

const namesShownMax = 5;

/** The tags a user could have meant, newest first. */
export function tagList(names: readonly string[]): string {
  if (names.length === 0) return 'no tag of it names an image yet';
  const more = names.length > namesShownMax ? `, +${names.length - namesShownMax} more` : '';
  return `tags: ${names.slice(0, namesShownMax).join(', ')}${more}`;
}

/** Hostile or very long texts are shown cut, on one line. */
export function shown(text: string, lengthMax = 80): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}…`;
}
