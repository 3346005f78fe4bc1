import type { Platform } from '../oci/manifest.ts';

export type ManifestChoice =
  { readonly ok: true; readonly index: number } | { readonly ok: false; readonly error: string };

/** The platform that runs most images, upstream's second choice. */
const common: Platform = { architecture: 'amd64', os: 'linux' };

/**
 * Which image of a multi-platform image a Legacy import takes: the one for `wanted`, else the one for linux/amd64, else the
 * first. Variants are not looked at (spec imagestream-system.md 3.3; vectors `manifestListChoice`).
 *
 * @param wanted the tag's own wish (annotations prefer-arch and prefer-os), completed by the configured platform
 */
export function chooseManifest(
  platforms: readonly Pick<Platform, 'architecture' | 'os'>[],
  wanted: Pick<Platform, 'architecture' | 'os'>,
): ManifestChoice {
  if (platforms.length === 0) return { ok: false, error: 'no manifests in manifest list' };
  for (const { architecture, os } of [wanted, common]) {
    const index = platforms.findIndex((entry) => entry.architecture === architecture && entry.os === os);
    if (index >= 0) return { ok: true, index };
  }
  return { ok: true, index: 0 };
}
