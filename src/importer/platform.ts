import { isImportable } from '../imagestream/generations.ts';
import type { SpecTag, StatusTag } from '../imagestream/whole-stream.ts';
import type { Platform } from '../oci/manifest.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { ImportSettings } from './settings.ts';

/** Annotations of a spec tag; read for imports by tag only (spec imagestream-system.md 3.3). */
const preferArchitecture = 'importer.image.openshift.io/prefer-arch';
const preferSystem = 'importer.image.openshift.io/prefer-os';
/** What a Legacy import takes of a multi-platform image; the tag's wishes count for images by tag only. */
export function wantedPlatform(
  { id }: ImageReference,
  annotations: Readonly<Record<string, string>>,
  { platform }: ImportSettings,
): Platform {
  const wishes = id === '' ? annotations : {};
  return {
    architecture: wishes[preferArchitecture] ?? platform.architecture,
    os: wishes[preferSystem] ?? platform.os,
  };
}

/** A platform in a word, as `docker pull --platform` takes it. */
export function platformText({ os, architecture }: Platform): string {
  return `${os}/${architecture}`;
}

/** Whether the tag was last imported for another platform than it wants now. Its generation does not tell: upstream's neither. */
export function wantsOtherPlatform(
  tag: SpecTag,
  status: StatusTag | undefined,
  settings: ImportSettings,
): boolean {
  const before = status?.observed?.platform;
  if (before === undefined || !isImportable(tag)) return false;
  if ((tag.importPolicy.importMode ?? settings.defaultMode) !== 'Legacy') return false;
  const parsed = parseReference(tag.from?.name ?? '');
  if (!parsed.ok) return false;
  return before !== platformText(wantedPlatform(parsed.reference, tag.annotations ?? {}, settings));
}
