/** Texts of YAML documents, one after another: a marker stands between two where neither brings one. */
export function joinedDocuments(texts: readonly string[]): string {
  return texts.reduce(
    (before, text) => (before === '' ? text : before + between(before, text) + withoutMark(text)),
    '',
  );
}

function between(before: string, text: string): string {
  const lineEnd = before.includes('\r\n') ? '\r\n' : '\n';
  const end = before.endsWith('\n') ? '' : lineEnd;
  const first = withoutMark(text)
    .split('\n')
    .find((line) => line.trim() !== '' && !line.startsWith('#'));
  return first === undefined || /^---(?:\s|$)/.test(first) ? end : `${end}---${lineEnd}`;
}

/** A byte order mark may stand at the beginning only. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}
