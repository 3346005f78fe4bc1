import { parseStreamTagName } from '../imagestream/istag.ts';
import type { LocalPlaces } from '../imagestream/local-registry.ts';
import { parseReference } from '../reference/parse.ts';
import { eventFinding, noImageText, pin, sourceOf } from './find-tag.ts';
import { imageFacts, unresolved, type Finding } from './finding.ts';
import type { ImageLookup } from './lookup.ts';
import type { ImageQuestion } from './question.ts';
import type { Source } from './resolution.ts';
import { shown } from './wording.ts';

/** Looks up the kinds of object reference that builds have besides DockerImage (spec openshift-admission.md 3.4). */
export function findBuildReference(
  { image, namespace }: ImageQuestion,
  reference: NonNullable<ImageQuestion['buildReference']>,
  lookup: ImageLookup,
  local: LocalPlaces,
): Finding {
  const where = reference.namespace === '' ? namespace : reference.namespace;
  switch (reference.kind) {
    case 'ImageStreamTag': {
      const name = parseStreamTagName(image);
      if (!name.ok) return unresolved('Unparseable', `"${shown(image)}" is not "stream:tag"`);
      const found = lookup.tag(where, name.stream, name.tag);
      if (found === undefined)
        return unresolved('NoStream', `namespace ${where} has no image stream "${name.stream}"`);
      if (found.event === undefined) {
        const message = noImageText(found, lookup);
        return unresolved('NotTagged', message, { source: sourceOf(found), warning: message });
      }
      return eventFinding(found, found.event, false, lookup, local);
    }
    case 'ImageStreamImage':
      return findStreamImage(where, image, lookup);
    default:
      return unresolved('Unparseable', `an image cannot be given as kind "${shown(reference.kind)}"`);
  }
}

function findStreamImage(namespace: string, image: string, lookup: ImageLookup): Finding {
  const [stream = '', id = '', ...more] = image.split('@');
  if (stream === '' || id === '' || more.length > 0) {
    return unresolved('Unparseable', `"${shown(image)}" is not "stream@image"`);
  }
  const event = lookup.streamImage(namespace, stream, id);
  if (event === undefined)
    return unresolved('NotTagged', `image stream ${namespace}/${stream} has no image "${shown(id)}"`);
  const known = lookup.image(event.image);
  const parsed = parseReference(known?.dockerImageReference ?? event.dockerImageReference);
  const source: Source = { kind: 'ImageStreamImage', namespace, name: `${stream}@${event.image}` };
  if (!parsed.ok || parsed.reference.name === '') {
    return unresolved('NotTagged', `${namespace}/${source.name} records no usable reference`, { source });
  }
  return {
    kind: 'resolved',
    reason: 'InternalRegistry',
    message: `image stream image ${namespace}/${source.name}`,
    ...pin(parsed.reference, event),
    local: false,
    integrated: true,
    image: imageFacts(known, {}),
    source,
  };
}
