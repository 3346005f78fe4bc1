import type { Configuration } from '../config/schema.ts';
import type { MirrorRules } from '../policy/mirrors.ts';

/**
 * Whether a registry may be reached at an internal address: where an administrator has written its host down. Everybody may
 * write any name into an image, and it must not become a probe of what only this process can reach.
 *
 * @param host with its port, as it is connected to
 */
export function reachOf(
  host: string,
  { registrySources, localRegistry }: Configuration,
  { digestMirrors, tagMirrors }: MirrorRules,
): 'anywhere' | 'public' {
  const { allowedRegistries, insecureRegistries, containerRuntimeSearchRegistries } = registrySources;
  const entries = [
    ...containerRuntimeSearchRegistries,
    ...allowedRegistries,
    ...insecureRegistries,
    ...localRegistry.map(({ target }) => target),
    ...[...digestMirrors, ...tagMirrors].flatMap(({ source, mirrors }) => [source, ...mirrors]),
  ];
  return entries.some((entry) => names(entry, host.toLowerCase())) ? 'anywhere' : 'public';
}

/** An entry without a port names the host on any port. */
function names(entry: string, host: string): boolean {
  const [entryHost = ''] = entry.toLowerCase().split('/', 1);
  const bare = host.replace(/:\d+$/, '');
  const candidates = /:\d+$/.test(entryHost) ? [host] : [host, bare];
  return candidates.some((candidate) =>
    entryHost.startsWith('*.') ? candidate.endsWith(entryHost.slice(1)) : candidate === entryHost,
  );
}
