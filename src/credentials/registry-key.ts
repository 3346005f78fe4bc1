/**
 * What a docker configuration calls an entry, and a runtime matches images against: `https://index.docker.io/v1/`,
 * `quay.io`, `*.example.com:5000/team` (Kubernetes pkg/credentialprovider/keyring.go; vectors `pullSecretMatch`).
 */
export interface RegistryKey {
  /** Host, port and path without scheme, user and API version: what entries are sorted by, and safe to show. */
  readonly text: string;
  readonly labels: readonly string[];
  readonly port: string;
  readonly path: string;
}

/**
 * Reads a key. Undefined where it names no registry: upstream's URL parser refuses a port that is no number and brackets in
 * a host, and would cut a host off at `?`; such keys match nothing.
 */
export function parseRegistryKey(key: string): RegistryKey | undefined {
  const { authority, path } = splitAtPath(key.replace(/^https?:\/\//, ''));
  if (/[?#]/.test(authority)) return undefined;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return readKey(host, withoutVersion(path.split(/[?#]/, 1)[0] ?? ''));
}

/** Reads an image, `host[:port]/path:tag`, in the same way; a repository may well be called "v2/web". */
export function parseImage(image: string): RegistryKey | undefined {
  const { authority, path } = splitAtPath(image);
  return readKey(authority, path);
}

function splitAtPath(text: string): { readonly authority: string; readonly path: string } {
  const slash = text.indexOf('/');
  return slash < 0
    ? { authority: text, path: '' }
    : { authority: text.slice(0, slash), path: text.slice(slash) };
}

function readKey(host: string, path: string): RegistryKey | undefined {
  const [name = '', port = '', ...more] = host.split(':');
  if (name === '' || /[[\]\\\s%]/.test(name) || !/^\d*$/.test(port) || more.length > 0) return undefined;
  return { text: host + path, labels: name.split('.'), port, path };
}

/** `/v1/` and `/v2/` are the API's, not a repository's; without the slash at the end they are a path as any other. */
function withoutVersion(path: string): string {
  const effective = /^\/v[12]\//.test(path) ? path.slice(3) : path;
  return effective === '/' ? '' : effective;
}

/**
 * Whether the entry `key` is for `image`: the same port as text, as many host labels, each by glob, and the path as a plain
 * prefix ("reg/cre" is for "reg/crew").
 */
export function keyMatches(key: RegistryKey, image: RegistryKey): boolean {
  return (
    key.port === image.port &&
    key.labels.length === image.labels.length &&
    image.path.startsWith(key.path) &&
    key.labels.every((label, index) => labelMatches(label, image.labels[index] ?? ''))
  );
}

/** `*` stands for any run of characters inside one label. No regular expression: the pattern comes from a tenant. */
function labelMatches(pattern: string, label: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return label === first;
  if (!label.startsWith(first)) return false;
  let from = first.length;
  for (const piece of others) {
    const found = label.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return label.length - last.length >= from && label.endsWith(last);
}
