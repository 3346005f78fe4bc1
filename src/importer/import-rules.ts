import type { WholeStream } from '../imagestream/whole-stream.ts';
import { coversRegistry, judgeRegistry } from '../policy/registry-rules.ts';
import { withDockerDefaults } from '../reference/docker-defaults.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import { blockedRegistry, type ImportFailure } from './failure-condition.ts';
import type { ImportSettings } from './settings.ts';
import type { Cause } from './task.ts';

/** On a stream: all its tags may be reached without valid TLS. */
const insecureRepository = 'openshift.io/image.insecureRepository';

/** Whether an image may be imported over plain HTTP or from whoever nobody vouches for: the tag, its stream or the admin says so. */
export function isInsecure(
  { metadata }: WholeStream,
  reference: ImageReference,
  insecureTag: boolean,
  { registrySources }: ImportSettings,
): boolean {
  return (
    insecureTag ||
    metadata.annotations[insecureRepository] === 'true' ||
    coversRegistry(registrySources.insecureRegistries, withDockerDefaults(reference))
  );
}

/**
 * Why an image may not be imported; undefined when it may. Blocked registries and the import allow list count;
 * allowed registries are for pulls (spec imagestream-system.md 3.7).
 */
export function refusalOf(
  stream: WholeStream,
  reference: ImageReference,
  insecure: boolean,
  cause: Cause,
  { registrySources: { blockedRegistries }, internalRegistryHostname, refusal }: ImportSettings,
): ImportFailure | undefined {
  const blocked = judgeRegistry(
    reference,
    { allowedRegistries: [], blockedRegistries },
    internalRegistryHostname,
  );
  if (!blocked.allowed) return blockedRegistry(withDockerDefaults(reference).registry);
  const alreadyOnStream = () =>
    stream.status.tags.flatMap(({ items: [event] }) => {
      const parsed = parseReference(event?.dockerImageReference ?? '');
      return parsed.ok ? [parsed.reference] : [];
    });
  const message = refusal({ reference, insecure, asked: cause === 'request', alreadyOnStream });
  return message === undefined ? undefined : { reason: 'Forbidden', message };
}
