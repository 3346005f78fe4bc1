import { withDockerDefaults } from '../reference/docker-defaults.ts';
import { formatRepository, repositoryPath } from '../reference/format.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { ImportMode } from '../imagestream/whole-stream.ts';
import type { Platform } from '../oci/manifest.ts';
import type { RepositoryQuery } from './manifest-source.ts';

/** An image in a registry, and how it is to be imported. */
export interface ImportSource {
  /** As the spec tag has it: `from.name`. */
  readonly name: string;
  readonly reference: ImageReference;
  readonly insecure: boolean;
  readonly mode: ImportMode;
  /** What a Legacy import takes of a multi-platform image. */
  readonly platform: Platform;
}

/** Where its registry is asked for it. */
export function queryOf(
  { reference, insecure }: Pick<ImportSource, 'reference' | 'insecure'>,
  namespace: string,
  urgency: RepositoryQuery['urgency'],
): RepositoryQuery & { readonly reference: string } {
  const full = withDockerDefaults(reference);
  return {
    registry: full.registry,
    repository: repositoryPath(full),
    reference: full.id === '' ? full.tag : full.id,
    insecure,
    namespace,
    urgency,
  };
}

/** The pull spec that an import records: registry, path and digest, with Docker's defaults written out (spec 1.3). */
export function pullSpecAt(reference: ImageReference, digest: string): string {
  return `${formatRepository(withDockerDefaults(reference))}@${digest}`;
}
