/** The text as an absolute URL, or relative to `base`; undefined where it is none. */
export function asUrl(text: string, base?: URL): URL | undefined {
  return URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
}
