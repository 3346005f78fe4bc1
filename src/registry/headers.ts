/** Header fields as undici gives them: names in lower case. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The value of a field; several of one name are joined as RFC 9110, 5.3 allows. */
export function headerOf(headers: HeaderFields, name: string): string {
  const value = headers[name];
  if (value === undefined) return '';
  return typeof value === 'string' ? value : value.join(', ');
}
