import { isDockerHub } from '../reference/docker-defaults.ts';
import type { Log } from '../telemetry/log.ts';
import {
  lookAtTrustFolder,
  problemOf,
  readTrustFile,
  type TrustFile,
  type TrustFileContent,
} from './trust-folder.ts';

/** The certificates, PEM, one each, that are trusted besides the system's for a registry ("reg.example", "reg.example:5000"). */
export type Trust = (host: string) => Promise<readonly string[]>;

export interface TrustOptions {
  readonly clock: { now(): number };
  readonly log: Log;
}

/** How often the folder is looked at while it is asked for. */
const lookMs = 10_000;
const none: readonly string[] = [];

/**
 * Trust from the folder of `--registry-certs`; none without one. Files without a port count for their host on any port; no
 * port is 443; all names of Docker Hub are one. Changes are seen within 10 s. Nothing is thrown: what cannot be used is
 * logged, once, and while the folder as a whole cannot be listed what was read before stays.
 *
 * Upstream trusts every certificate of additionalTrustedCA for every registry in imports; its nodes go by host, and so do we.
 */
export function createTrust(folder: string | undefined, { clock, log }: TrustOptions): Trust {
  if (folder === undefined || folder === '') return () => Promise.resolve(none);
  const contents = new Map<string, KnownFile>();
  let byRegistry: ReadonlyMap<string, readonly string[]> = new Map();
  let lookedAtMs = -Infinity;
  let lastProblems = '';
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    const problems: string[] = [];
    try {
      const seen = await lookAtTrustFolder(folder);
      problems.push(...seen.problems);
      byRegistry = await certificatesOf(seen.files, contents, log);
    } catch (error) {
      problems.push(`${folder} ${problemOf(error)}`);
    }
    lookedAtMs = clock.now();
    if (problems.join() !== lastProblems && problems.length > 0)
      log.warn({ folder, problems }, '--registry-certs: not all of the folder can be used');
    lastProblems = problems.join();
  };

  return async (host) => {
    if (clock.now() - lookedAtMs >= lookMs) {
      looking ??= look().finally(() => {
        looking = undefined;
      });
    }
    await looking;
    // Names are looked up among those that are there: a host never becomes part of a path.
    const names = namesOf(host.toLowerCase());
    const found = names.flatMap((name) => byRegistry.get(name) ?? none);
    return [...new Set(found)];
  };
}

interface KnownFile {
  readonly signature: string;
  readonly content: TrustFileContent;
}

/** Reads what is new or has changed; `contents` remembers the rest, and forgets what is gone. */
async function certificatesOf(
  files: readonly TrustFile[],
  contents: Map<string, KnownFile>,
  log: Log,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const byRegistry = new Map<string, string[]>();
  for (const { path, registry, signature } of files) {
    const known = contents.get(path);
    const content = known?.signature === signature ? known.content : await readTrustFile(path);
    if (content !== known?.content) {
      contents.set(path, { signature, content });
      const { problem } = content;
      if (problem !== undefined)
        log.warn({ file: path, problem }, '--registry-certs: a file is not used in full');
    }
    byRegistry.set(registry, [...(byRegistry.get(registry) ?? []), ...content.certificates]);
  }
  const paths = new Set(files.map(({ path }) => path));
  for (const path of [...contents.keys()]) if (!paths.has(path)) contents.delete(path);
  return byRegistry;
}

/** Under which names a registry's certificates may be. */
function namesOf(host: string): readonly string[] {
  const [, name = host, port = '443'] = /^(.*):(\d+)$/.exec(host) ?? [];
  const hub = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];
  const aliases = isDockerHub(name) ? hub : [name];
  return aliases.flatMap((alias) => [`${alias}:${port}`, alias]);
}
