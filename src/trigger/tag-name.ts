import { defaultTag } from '../imagestream/pull-spec.ts';
import { watchedStream, type ImageTrigger } from './annotation.ts';

/** An image stream tag, by its full name. */
export interface TagName {
  readonly namespace: string;
  readonly stream: string;
  readonly tag: string;
}

/** The tag that an entry follows: "stream:" is its `latest` (vector res-22); undefined where it follows none. */
export function followedTag(
  trigger: Pick<ImageTrigger, 'from' | 'paused'>,
  objectNamespace: string,
): TagName | undefined {
  const stream = watchedStream(trigger, objectNamespace);
  if (stream === undefined) return undefined;
  const tag = trigger.from.name.slice(stream.name.length + 1);
  return { namespace: stream.namespace, stream: stream.name, tag: tag === '' ? defaultTag : tag };
}
