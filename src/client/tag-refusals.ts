import type { ObjectKey } from '../commands/object-client.ts';
import { StatusError } from '../kube/status-error.ts';

/** What a server says that has image stream tags, for the stores that have only streams (spec imagestream-system.md 2.1). */
export function tagExists({ name }: ObjectKey, tag: string): StatusError {
  const message = `imagestreamtags.image.openshift.io "${name}:${tag}" already exists`;
  return new StatusError({ code: 409, reason: 'AlreadyExists', message });
}

export function tagNotFound({ name }: ObjectKey, tag: string): StatusError {
  const message = `imagestreamtags.image.openshift.io "${name}:${tag}" not found`;
  return new StatusError({ code: 404, reason: 'NotFound', message });
}
