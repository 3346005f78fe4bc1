import type { StreamName } from './repository.ts';
import { internalRepository } from './repository.ts';
import { defaultTag, latestEvent, latestPullSpec } from './pull-spec.ts';
import type { ImageStream } from './types.ts';

export type StreamTagName =
  { readonly ok: true; readonly stream: string; readonly tag: string } | { readonly ok: false };

/** Reads "stream:tag": exactly one colon, no `@`, neither half empty (spec imagestream-system.md 2.1). */
export function parseStreamTagName(text: string): StreamTagName {
  const [stream = '', tag = '', ...more] = text.split(':');
  if (stream === '' || tag === '' || more.length > 0 || text.includes('@')) return { ok: false };
  return { ok: true, stream, tag };
}

/** Whether reading the image stream tag finds an image: reference tags have an event but no image (spec 2.1). */
export function hasImage(stream: ImageStream, tag: string): boolean {
  const image = latestEvent(stream, tag)?.image;
  return image !== undefined && image !== '';
}

/**
 * What a trigger's `from.name` resolves to: "stream:tag" where an empty tag means `latest`; the internal repository is
 * computed where the status has none (vectors `tagResolution`, `triggerTagLookup`).
 */
export function triggerPullSpec(
  stream: ImageStream,
  fromName: string,
  internalHostname: string,
): string | undefined {
  const colon = fromName.indexOf(':');
  if (colon < 0) return undefined;
  const tag = fromName.slice(colon + 1);
  return latestPullSpec(withRepository(stream, internalHostname), tag === '' ? defaultTag : tag);
}

function withRepository(stream: ImageStream, internalHostname: string): ImageStream {
  const { dockerImageRepository } = stream.status;
  if (dockerImageRepository !== undefined && dockerImageRepository !== '') return stream;
  const name: StreamName = stream.metadata;
  const computed = internalRepository(internalHostname, name);
  return computed === undefined
    ? stream
    : { ...stream, status: { ...stream.status, dockerImageRepository: computed } };
}
