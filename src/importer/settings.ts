import type { ImportMode } from '../imagestream/whole-stream.ts';
import type { Platform } from '../oci/manifest.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { RegistrySources } from '../policy/registry-rules.ts';

/** What an admin decides about imports; everything that a plan depends on besides the stream. */
export interface ImportSettings {
  /** For tags that do not say. */
  readonly defaultMode: ImportMode;
  /** What a Legacy import takes of a multi-platform image where the tag does not say. */
  readonly platform: Platform;
  /** How many history items a tag keeps; 0: all. */
  readonly historyLimit: number;
  /** How many tags of a whole repository are imported; -1: all. */
  readonly repositoryTagsMax: number;
  /** For scheduled tags whose stream does not say. */
  readonly scheduledIntervalMs: number;
  readonly registrySources: RegistrySources & { readonly insecureRegistries: readonly string[] };
  /** host[:port] of the integrated registry; '' where there is none. */
  readonly internalRegistryHostname: string;
  /** Why an image may not be imported into a stream; undefined when it may (spec imagestream-system.md 3.6). */
  readonly refusal: (question: RefusalQuestion) => string | undefined;
}

export interface RefusalQuestion {
  readonly reference: ImageReference;
  readonly insecure: boolean;
  /** Somebody asks for the import now; otherwise the stream was saved with it. */
  readonly asked: boolean;
  /** What the stream stands for already: from there it may import on. */
  readonly alreadyOnStream: () => readonly ImageReference[];
}
