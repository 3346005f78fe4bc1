import { registryHostPort, withDockerDefaults } from '../reference/docker-defaults.ts';
import { formatRepository } from '../reference/format.ts';
import type { ImageReference } from '../reference/reference.ts';

/** One entry of `allowedRegistriesForImport`: `host` or `host:port`, both with `*` and `?`. */
export interface AllowedRegistry {
  readonly domainName: string;
  /** Without a port it then means 80, not 443. */
  readonly insecure?: boolean;
}

/** The entries as they are compared. Empty: every registry is allowed. */
export type ImportAllowList = readonly HostPort[];

interface HostPort {
  readonly host: string;
  readonly port: string;
}

export type ParsedAllowList =
  | { readonly ok: true; readonly allowList: ImportAllowList }
  | { readonly ok: false; readonly errors: readonly string[] };

/** Where an image is about to come into a stream from. */
export interface ImportQuestion {
  /**
   * Upstream asks at two places, with two ideas of ports: when somebody wants an import, and when a stream is saved, for
   * each image that it names in `spec` and in `status`.
   */
  readonly via: 'imagestreamimport' | 'imagestream';
  readonly reference: ImageReference;
  /** Of the tag's import policy or the stream's annotation. */
  readonly insecure: boolean;
  readonly allowList: ImportAllowList;
  /** Always allowed; '' for none. */
  readonly internalRegistryHostname: string;
  /** What the stored stream already names: its repositories stay allowed when the stream is saved, any tag or digest. */
  readonly alreadyOnStream?: readonly ImageReference[];
  /** Whoever may create Image objects is not asked at the first place, only at the second. */
  readonly mayCreateImages?: boolean;
}

export type ImportVerdict =
  { readonly allowed: true } | { readonly allowed: false; readonly message: string };

/** How many entries a refusal shows. */
const shownMax = 5;

/** Reads the configured list; `errors` are in upstream's words (vector alw-28). Of equal entries the last one counts. */
export function parseAllowedRegistries(entries: readonly AllowedRegistry[]): ParsedAllowList {
  const parsed = entries.map((entry) => ({ entry, hostPort: parseEntry(entry) }));
  const errors = parsed.flatMap(({ entry, hostPort }) =>
    hostPort === undefined
      ? [`failed to parse allowed registry ${JSON.stringify(entry.domainName)}: too many colons`]
      : [],
  );
  if (errors.length > 0) return { ok: false, errors };
  const all = parsed.flatMap(({ hostPort }) => hostPort ?? []);
  const allowList = all.filter((hostPort, index) => !includes(all.slice(index + 1), hostPort));
  return { ok: true, allowList };
}

function parseEntry({ domainName, insecure = false }: AllowedRegistry): HostPort | undefined {
  const [host = '', port, ...more] = domainName.split(':');
  if (more.length > 0) return undefined;
  return { host, port: port ?? (insecure ? '80' : '443') };
}

function includes(list: ImportAllowList, { host, port }: HostPort): boolean {
  return list.some((other) => other.host === host && other.port === port);
}

/**
 * Whether images may be imported from there, as upstream's registry whitelister has it (spec imagestream-system.md 3.6,
 * vectors `allowedRegistries`). Paths are not compared; hosts are, with their case.
 */
export function judgeImport(question: ImportQuestion): ImportVerdict {
  const { via, mayCreateImages = false, alreadyOnStream = [], reference, allowList } = question;
  if (allowList.length === 0) return { allowed: true };
  if (via === 'imagestreamimport') return mayCreateImages ? { allowed: true } : judgeAsked(question);
  const repository = canonicalRepository(reference);
  if (alreadyOnStream.some((known) => canonicalRepository(known) === repository)) return { allowed: true };
  return judgeSaved(question);
}

/** The first place: the port is the one that the import would connect to. */
function judgeAsked(question: ImportQuestion): ImportVerdict {
  const [host, port] = registryHostPort(question.reference, question.insecure);
  const registry = `${host}:${port}`;
  const refusal = refusalOf(question, { host, port }, registry);
  if (refusal === undefined) return { allowed: true };
  const message = `importing images from registry ${JSON.stringify(registry)} is forbidden: ${refusal}`;
  return { allowed: false, message };
}

/** The second place: an insecure tag without a port may turn out to be served on 443 as well as on 80. */
function judgeSaved(question: ImportQuestion): ImportVerdict {
  const { reference, insecure } = question;
  const target = insecure ? anyPort(reference.registry) : registryHostPort(reference, false);
  const [host, port] = target;
  const registry = reference.registry === '' ? host + (port === '' ? '' : `:${port}`) : reference.registry;
  const message = refusalOf(question, { host, port }, registry);
  return message === undefined ? { allowed: true } : { allowed: false, message };
}

function anyPort(registry: string): readonly [string, string] {
  const colon = registry.lastIndexOf(':');
  if (colon >= 0) return [registry.slice(0, colon), registry.slice(colon + 1)];
  return [registry === '' ? 'docker.io' : registry, ''];
}

/** Why not, or undefined. A target without a port is content with an entry for either usual one. */
function refusalOf(question: ImportQuestion, target: HostPort, registry: string): string | undefined {
  const list = withInternal(question);
  const onHub = target.host === 'index.docker.io' || target.host === 'registry-1.docker.io';
  const hosts = onHub ? ['docker.io', target.host] : [target.host];
  const allowed = hosts.some((host) => list.some((entry) => covers(entry, { host, port: target.port })));
  if (allowed) return undefined;
  const shown = list.map(({ host, port }) => JSON.stringify(`${host}:${port}`));
  const rest = shown.length - shownMax + 1;
  const entries =
    shown.length <= shownMax ? shown : [...shown.slice(0, shownMax - 1), `and ${rest} more ...`];
  return `registry ${JSON.stringify(registry)} not allowed by whitelist: ${entries.join(', ')}`;
}

function covers(entry: HostPort, { host, port }: HostPort): boolean {
  if (!matchesGlob(entry.host, host)) return false;
  return port === '' ? ['80', '443', '*'].includes(entry.port) : matchesGlob(entry.port, port);
}

function withInternal({ allowList, internalRegistryHostname }: ImportQuestion): ImportAllowList {
  const internal =
    internalRegistryHostname === '' ? undefined : parseEntry({ domainName: internalRegistryHostname });
  return internal === undefined || includes(allowList, internal) ? allowList : [internal, ...allowList];
}

function canonicalRepository(reference: ImageReference): string {
  return formatRepository(withDockerDefaults(reference));
}

/**
 * `*` is any run of characters, `?` exactly one. Steps back only to the last star, so at most pattern × text steps; a
 * regular expression made of the pattern could take for ever.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < text.length;) {
    if (pattern[at] === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
