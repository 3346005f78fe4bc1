import { coversRegistry, judgeRegistry, type RegistrySources } from '../policy/registry-rules.ts';
import { isDockerHub, withDockerDefaults } from '../reference/docker-defaults.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { Candidate } from './fallback.ts';
import type { Finding } from './finding.ts';

/** What an administrator decides about images that no stream answers. */
export interface FallbackSettings {
  /** `pin`: to a digest; `qualify`: to the full name, with its tag; `leave`: nothing is looked for. */
  readonly mode: 'pin' | 'qualify' | 'leave';
  /** Also pin names that carry their registry. */
  readonly pinQualified: boolean;
  /** What becomes of an image that no registry could be asked about. */
  readonly onFailure: 'leave' | 'deny';
  /** `host[:port][/prefix]`, in the order that decides; empty: short names are not looked for. */
  readonly search: readonly string[];
  readonly insecureRegistries: readonly string[];
}

/**
 * The places where an image that memory did not answer may be looked for, in their order; empty: nowhere. Names without a
 * registry that no open stream answers go through the search list, as far as the registry rules let them; names with one
 * stand for themselves, where that is wanted.
 */
export function candidatesFor(
  finding: Finding,
  settings: FallbackSettings,
  sources: RegistrySources,
  internalRegistryHostname: string,
): readonly Candidate[] {
  const { reference } = finding;
  if (settings.mode === 'leave' || !isLeftToFallback(finding) || reference === undefined) return [];
  if (reference.name === '') return [];
  const isAllowed = (candidate: ImageReference) =>
    judgeRegistry(candidate, sources, internalRegistryHostname).allowed;
  const insecure = (candidate: ImageReference) => coversRegistry(settings.insecureRegistries, candidate);
  if (reference.registry !== '') {
    const isInternal = reference.registry === internalRegistryHostname;
    if (!settings.pinQualified || settings.mode !== 'pin' || isInternal) return [];
    const itself = withDockerDefaults(reference);
    return isAllowed(itself) ? [{ reference: itself, insecure: insecure(itself) }] : [];
  }
  return settings.search
    .flatMap((entry) => inRegistry(reference, entry) ?? [])
    .filter(isAllowed)
    .map((candidate) => ({ reference: candidate, insecure: insecure(candidate) }));
}

/** An open stream that lacks the tag has answered: its answer is "not tagged". */
function isLeftToFallback({ kind, reason }: Finding): boolean {
  return (
    kind === 'unresolved' &&
    (reason === 'NoStream' ||
      reason === 'LookupClosed' ||
      reason === 'LookupDisabled' ||
      reason === 'Qualified')
  );
}

/** The name below an entry of the search list: "web" below "quay.io/crew" is "quay.io/crew/web". */
function inRegistry(reference: ImageReference, entry: string): ImageReference | undefined {
  const path = reference.namespace === '' ? reference.name : `${reference.namespace}/${reference.name}`;
  const [host = ''] = entry.split('/', 1);
  const prefix = entry.slice(host.length);
  // A host without a dot would read as a part of the path.
  const parsed = parseReference(`registry.invalid${prefix}/${path}`);
  if (!parsed.ok) return undefined;
  const registry = isDockerHub(host.toLowerCase()) ? 'docker.io' : host;
  return withDockerDefaults({ ...parsed.reference, registry, tag: reference.tag, id: '' });
}
