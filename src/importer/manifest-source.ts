import type { RegistryAnswer } from '../oci/failure.ts';
import type { Manifest } from '../oci/manifest.ts';

/** One repository of one registry, and on whose behalf it is asked. */
export interface RepositoryQuery {
  /** Host and port with Docker's defaults filled in: "docker.io", "reg.example:5000". */
  readonly registry: string;
  /** "library/nginx", "team/app". */
  readonly repository: string;
  /** Plain HTTP and certificates that nobody vouches for are accepted. */
  readonly insecure: boolean;
  /** The namespace whose pull secrets may be shown; '' for none. */
  readonly namespace: string;
  /** `asked` goes before `scheduled` where requests wait for the registry's limit. */
  readonly urgency: 'asked' | 'scheduled';
}

/** One manifest in it. */
export interface ManifestQuery extends RepositoryQuery {
  /** A tag or a digest. */
  readonly reference: string;
}

/**
 * What an import asks of registries. Answers are verified: a manifest has the digest that it is given with, a blob the one
 * that it was asked for by. Nothing is thrown but bugs and `signal`'s reason.
 */
export interface ManifestSource {
  /** The digest that the reference has now: one request where the registry answers HEAD with a digest. */
  digest(query: ManifestQuery, signal: AbortSignal): Promise<RegistryAnswer<string>>;
  manifest(query: ManifestQuery, signal: AbortSignal): Promise<RegistryAnswer<Manifest>>;
  /** The image's configuration, parsed; at most 4 MiB. */
  config(query: RepositoryQuery, digest: string, signal: AbortSignal): Promise<RegistryAnswer<object>>;
  /** The tags of the repository in the registry's order, all pages, at most 100,000 of them. */
  tags(query: RepositoryQuery, signal: AbortSignal): Promise<RegistryAnswer<readonly string[]>>;
}
