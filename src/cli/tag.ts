import { imageStreams } from '../commands/kinds.ts';
import { specTagOf } from '../commands/stream-object.ts';
import type { TagArgument } from '../commands/stream-argument.ts';
import {
  foundSource,
  missingImage,
  planTag,
  specTagFor,
  tagMessage,
  type FoundSource,
  type TagPlan,
} from '../commands/tag-plan.ts';
import { tagResets } from '../commands/tag-resets.ts';
import { StatusError } from '../kube/status-error.ts';
import type { Backend } from './backend.ts';
import { CommandError, UsageError } from './errors.ts';
import { bool, choice, text, type FlagValues } from './flags.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { Session } from './session.ts';
import { defineVerb } from './verb.ts';
import { waiting } from './waiting.ts';

const flags = {
  source: text(
    'KIND',
    "what SOURCE is: 'imagestreamtag' ('istag'), 'imagestreamimage' ('isimage') or 'docker'",
  ),
  delete: bool('remove the tags that are named, with their history', { short: 'd' }),
  alias: bool('let the tag follow the source tag from now on; within one image stream'),
  reference: bool('record the source as it is written, and never import it'),
  scheduled: bool('import the image again and again; without it a schedule ends'),
  insecure: bool('accept plain HTTP and certificates that nobody vouches for'),
  referencePolicy: text(
    'source|local',
    "'local': pull the images from the cluster's own registry (default: source)",
  ),
  importMode: text(
    'MODE',
    'Legacy: one platform of an image; PreserveOriginal: all of them (default: Legacy)',
  ),
  wait: bool('wait until the tag is imported; on a folder, import it now'),
  dryRun: choice(['none', 'client', 'server'], 'say what would be done, and do not', { alone: 'client' }),
};

export const tag = defineVerb({
  usage: '[--source=KIND] SOURCE DEST [DEST ...] | -d DEST [DEST ...]',
  help: `Points tags of image streams at an image: of a registry, or of a stream. Image streams that do not exist are made. A
source with a registry is an image of it; STREAM:TAG is the image that this tag stands for now; STREAM@sha256:... is an image of
a stream's history. What a flag does not say is set back to its default.`,
  examples: `# Import an image into the tag 20.0 of the image stream keycloak
pinstream tag quay.io/keycloak/keycloak:20.0.3 keycloak:20.0

# The same, again and again
pinstream tag --scheduled quay.io/keycloak/keycloak:20.0 keycloak:20.0

# Let 20 follow 20.0
pinstream tag --alias keycloak:20.0 keycloak:20

# Copy an image from another namespace
pinstream tag base/os:9 myproject/os:stable

# Remove a tag with its history
pinstream tag -d keycloak:19.0`,
  flags,
  completes: () => 'tag',
  run: async (args, given, session) => {
    const backend = await session.backend();
    const { namespace } = backend;
    const plan = planTag({ ...given, args, namespace });
    switch (plan.kind) {
      case 'usage':
        throw new UsageError(plan.message);
      case 'refused':
        throw new CommandError(plan.message);
      case 'delete':
        await removeTags(plan.destinations, backend, given, session);
        return 0;
      case 'set':
        return setTags(plan, backend, given, session);
    }
  },
});

type Given = FlagValues<typeof flags> & GlobalFlags;

async function removeTags(
  destinations: readonly TagArgument[],
  { streams }: Backend,
  { dryRun = 'none' }: Given,
  { output }: Session,
): Promise<void> {
  for (const { key, name, tag: tagName } of destinations) {
    const removal = await streams.removeTag(key, tagName, { dryRun });
    if (removal === 'noStream') output.out(`Image stream "${key.name}" does not exist.\n`);
    else output.out(`Deleted tag ${key.namespace}/${name}.${suffix(dryRun)}\n`);
  }
}

async function setTags(
  { source: planned, destinations, wish }: Extract<TagPlan, { kind: 'set' }>,
  backend: Backend,
  given: Given,
  session: Session,
): Promise<number> {
  const { namespace, objects, streams, kind } = backend;
  const { dryRun = 'none' } = given;
  const { output } = session;
  const source = await lookUp(planned, backend);
  for (const destination of destinations) {
    const next = specTagFor(source, destination, wish, namespace);
    // On OpenShift a tag is one request, as with oc: what it was is not asked for.
    const stream = kind === 'openshift' ? undefined : await objects.read(imageStreams, destination.key);
    const resets = tagResets(stream && specTagOf(stream, destination.tag), next);
    await streams.setTag(destination.key, next, { dryRun });
    output.out(`${tagMessage(source, destination, wish, namespace)}${suffix(dryRun)}\n`);
    if (resets.length > 0) output.err(`Note: ${destination.name} is set anew: ${resets.join('; ')}\n`);
  }
  if (dryRun !== 'none') return 0;
  if (given.wait === true) return awaitTags(destinations, backend, given, session);
  const isImported = source.kind === 'DockerImage' && !wish.reference;
  if (kind === 'directory' && isImported) {
    const names = destinations.map(({ name }) => name).join(' ');
    output.err(`Note: the image is not imported yet: pinstream import-image ${names}, or tag with --wait\n`);
  }
  return 0;
}

async function lookUp(
  planned: Extract<TagPlan, { kind: 'set' }>['source'],
  { objects, namespace }: Backend,
): Promise<FoundSource> {
  const { lookUp: key, kind, reference } = planned;
  if (kind === 'DockerImage' || (kind === 'ImageStreamTag' && key === undefined)) return { kind, reference };
  const place = key ?? {
    namespace: reference.namespace === '' ? namespace : reference.namespace,
    name: reference.name,
  };
  const stream = await objects.read(imageStreams, place);
  if (stream === undefined) {
    const message = `imagestreams.image.openshift.io "${place.name}" not found`;
    throw new StatusError({ code: 404, reason: 'NotFound', message });
  }
  const found = foundSource(planned, stream);
  if (!found.ok) throw new CommandError(found.message);
  const missing = found.value.kind === 'ImageStreamImage' ? missingImage(found.value, stream) : undefined;
  if (missing !== undefined) throw new CommandError(missing);
  return found.value;
}

async function awaitTags(
  destinations: readonly TagArgument[],
  { streams }: Backend,
  given: Given,
  session: Session,
): Promise<number> {
  const { output } = session;
  let code = 0;
  for (const { key, tag: tagName } of destinations) {
    const wait = waiting(session, given);
    const answer = await streams.finishTag(key, tagName, wait).finally(wait.end);
    for (const note of answer.notes) output.err(`Note: ${note}\n`);
    for (const result of answer.tags) {
      if (result.ok) continue;
      output.err(`error: tag ${result.tag} failed: ${result.message}\n`);
      code = 1;
    }
  }
  return code;
}

function suffix(dryRun: 'none' | 'client' | 'server'): string {
  return dryRun === 'none' ? '' : dryRun === 'client' ? ' (dry run)' : ' (server dry run)';
}
