import type { ContainerChange } from '../trigger/follow.ts';
import { keyOfTag } from './trigger-index.ts';
import type { TriggerNote } from './trigger-ports.ts';
import { nested, type TriggeredWorkload } from './trigger-workload.ts';

const changeCauseKey = 'kubernetes.io/change-cause';

/**
 * The strategic merge patch that sets images and nothing else: containers are merged by their names, and it is refused when
 * anybody has written the object since.
 */
export function triggerPatch(
  { kind, resourceVersion }: TriggeredWorkload,
  changes: readonly ContainerChange[],
  withCause: boolean,
): object {
  const listed = (wanted: ContainerChange['list']) => {
    const images = changes
      .filter(({ list }) => list === wanted)
      .map(({ container, to }) => ({ name: container, image: to }));
    return images.length === 0 ? {} : { [wanted]: images };
  };
  const annotations = { [changeCauseKey]: changes.map(sentenceOf).join('; ') };
  return {
    metadata: { resourceVersion, ...(withCause ? { annotations } : {}) },
    ...nested([...(kind.workload.template ?? []), 'spec'], {
      ...listed('initContainers'),
      ...listed('containers'),
    }),
  };
}

/** One write, in a sentence; also its `kubernetes.io/change-cause`. */
export function sentenceOf({ container, from, to, tag, generation }: ContainerChange): string {
  return `container ${container}: ${from === '' ? 'no image' : from} → ${to}, image stream tag ${keyOfTag(tag)}, generation ${generation}`;
}

/** A Job runs what it was created with. */
export function immutableNote({ container, from, to, tag, generation }: ContainerChange): TriggerNote {
  const moved = `image stream tag ${keyOfTag(tag)} is now ${to}, generation ${generation}`;
  const message = `container ${container} keeps ${from === '' ? 'no image' : from}: the template of a Job cannot be changed; ${moved}; delete the Job and create it again to run that`;
  return { type: 'Warning', reason: 'JobImmutable', message };
}

/** Who pulls an image are the service accounts of the workload's namespace; they are asked about. */
export function forbiddenNote(namespace: string, { container, tag }: ContainerChange): TriggerNote {
  const mend = `kubectl create rolebinding pull-from-${namespace} -n ${tag.namespace} --clusterrole=system:image-puller --group=system:serviceaccounts:${namespace}`;
  const message = `container ${container} does not follow image stream tag ${keyOfTag(tag)}: the service accounts of namespace ${namespace} may not pull from it; who may grant that runs: ${mend}`;
  return { type: 'Warning', reason: 'TriggerForbidden', message };
}

/** What could not be written. */
export function failureNote(changes: readonly ContainerChange[], what: string): TriggerNote {
  return {
    type: 'Warning',
    reason: 'TriggerFailed',
    message: `${changes.map(sentenceOf).join('; ')}: ${what}`,
  };
}
