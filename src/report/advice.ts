import type { TagRequest } from '../resolver/find-tag.ts';
import type { Resolution } from '../resolver/resolution.ts';

/**
 * What somebody can do who expected a pinned image, by the reason why there is none: a sentence a line, with the command.
 *
 * @param wanted the stream tag that the name asks for; undefined: it asks for none
 */
export function adviceFor(
  { outcome, reason, source }: Resolution,
  namespace: string,
  wanted: TagRequest | undefined,
): readonly string[] {
  // A closed stream of that name is the nearest way, whatever registries have said.
  const isClosed = reason === 'LookupClosed' || (isFallback(reason) && source?.kind === 'ImageStreamTag');
  if (isClosed && wanted !== undefined)
    return [`To open the stream: pinstream set image-lookup ${wanted.stream} -n ${wanted.namespace}`];
  switch (reason) {
    case 'NoStream':
    case 'FallbackFailed':
    case 'FallbackNotFound':
      return wanted === undefined ? [] : newStream(wanted);
    case 'NotTagged':
    case 'ImageStreamTagMissing':
      return wanted === undefined ? [] : newTag(wanted);
    case 'LookupDisabled':
      return [`To have its streams asked: pinstream set namespace-lookup enabled -n ${namespace}`];
    case 'Qualified':
      return [
        'To pin it, write the short name of an image stream, or set fallback.pinQualified in the configuration.',
      ];
    case 'ExemptNamespace':
      return [
        `To have it looked at, take ${namespace} out of lookup.exemptNamespaces, and the label openshift.io/run-level off it.`,
      ];
    case 'Unparseable':
      return ['An image is written [REGISTRY[:PORT]/][PATH/]NAME[:TAG][@DIGEST], the name in lower case.'];
    case 'RegistryBlocked':
    case 'RegistryNotAllowed':
      return [
        'Registries are allowed and blocked in the configuration: registrySources (docs/configuration.md).',
      ];
    case 'ExecutionRule':
    case 'ResolutionRequired':
      return [
        'What is required of images is said in the configuration: imagePolicy (docs/configuration.md).',
      ];
    case 'ImageStreamTag':
    case 'InternalRegistry':
    case 'Mirror':
      return outcome === 'rewritten'
        ? []
        : ['Which images are rewritten is said in the configuration: imagePolicy (docs/configuration.md).'];
    case 'LookupClosed':
    case 'Trigger':
    case 'Fallback':
    case 'FallbackStale':
    case 'AlreadyPinned':
    case 'UnchangedOnUpdate':
    case 'ControllerOwned':
    case 'Skipped':
    case 'ImmutableKind':
    case 'NotCovered':
      return [];
  }
}

function isFallback(reason: Resolution['reason']): boolean {
  return reason === 'FallbackFailed' || reason === 'FallbackNotFound';
}

function newStream({ stream, namespace, tag }: TagRequest): readonly string[] {
  return [
    `To give it a stream: pinstream import-image ${stream}:${tag} --from REGISTRY/IMAGE:TAG --confirm -n ${namespace}`,
    `and then, to open it: pinstream set image-lookup ${stream} -n ${namespace}`,
  ];
}

function newTag({ stream, namespace, tag }: TagRequest): readonly string[] {
  return [`To give it that tag: pinstream tag REGISTRY/IMAGE:TAG ${stream}:${tag} -n ${namespace}`];
}
