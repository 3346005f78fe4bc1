import { asObject, asTextMap, type JsonObject } from '../json/untyped.ts';
import type { SpecTagObject } from './stream-object.ts';

/**
 * What a tag loses when it is set anew: leaving a flag out resets what it stands for, as with oc (spec imagestream-system.md
 * 5.3). One phrase each.
 */
export function tagResets(old: JsonObject | undefined, next: SpecTagObject): readonly string[] {
  if (old === undefined) return [];
  const importPolicy = asObject(old.importPolicy);
  const nextPolicy = next.importPolicy ?? {};
  const lost = Object.keys(asTextMap(old.annotations)).filter((key) => next.annotations?.[key] === undefined);
  const resets: readonly (readonly [boolean, string])[] = [
    [
      importPolicy.scheduled === true && nextPolicy.scheduled !== true,
      'it is no longer imported on schedule (--scheduled)',
    ],
    [
      importPolicy.insecure === true && nextPolicy.insecure !== true,
      'its registry must have a valid certificate again (--insecure)',
    ],
    [
      importPolicy.importMode === 'PreserveOriginal' && nextPolicy.importMode !== 'PreserveOriginal',
      'one platform is imported instead of all (--import-mode PreserveOriginal)',
    ],
    [
      asObject(old.referencePolicy).type === 'Local' && next.referencePolicy?.type !== 'Local',
      'its images are pulled from their source again (--reference-policy local)',
    ],
    [old.reference === true && next.reference !== true, 'it is imported from now on (--reference)'],
    [lost.length > 0, `its annotations are gone: ${lost.join(', ')}`],
  ];
  return resets.flatMap(([isReset, phrase]) => (isReset ? [phrase] : []));
}
