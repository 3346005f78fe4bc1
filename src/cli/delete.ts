import { imageTargets } from '../commands/image-targets.ts';
import { imageStreams } from '../commands/kinds.ts';
import { keyOf } from '../commands/stream-object.ts';
import { parseSelector } from '../commands/selector.ts';
import { parseStreamTagName } from '../imagestream/istag.ts';
import { asTextMap, objectAt } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { matchesLabels } from '../policy/label-selector.ts';
import type { Backend } from './backend.ts';
import { CommandError, errorText, UsageError } from './errors.ts';
import { bool, choice, text, type FlagValues } from './flags.ts';
import type { Session } from './session.ts';
import { imageCompletion } from './image-completion.ts';
import { defineVerb } from './verb.ts';

const flags = {
  all: bool('all image streams of the namespace'),
  selector: text('LABELS', 'the image streams that have these labels', { short: 'l' }),
  ignoreNotFound: bool('what is not there is no error'),
  dryRun: choice(['none', 'client', 'server'], 'say what would be done, and do not', { alone: 'client' }),
};

export const deleteVerb = defineVerb({
  usage: '(is|istag) (NAME ... | --all | -l LABELS) | TYPE/NAME ...',
  help: `Deletes image streams (is), or tags of them with their history (istag). Workloads that run keep their images: those are
pinned.`,
  examples: `# A tag with its history
pinstream delete istag keycloak:19.0

# A whole image stream
pinstream delete is keycloak`,
  flags,
  completes: imageCompletion(['is', 'istag']),
  run: async (args, given, session) => {
    const targets = imageTargets(args);
    if (!targets.ok) throw new UsageError(targets.message);
    const backend = await session.backend();
    let code = 0;
    for (const { resource, name } of targets.value) {
      if (resource === 'imagestreamimages') {
        throw new CommandError(
          'image stream images are history and are not deleted one by one; delete the tag: pinstream delete istag STREAM:TAG',
        );
      }
      const names = name === undefined ? await selected(resource, given, backend) : [name];
      for (const each of names) {
        try {
          if (resource === 'imagestreams') await deleteStream(each, given, backend);
          else await deleteTag(each, given, backend);
          say(resource === 'imagestreams' ? 'imagestream' : 'imagestreamtag', each, given, session);
        } catch (error) {
          if (given.ignoreNotFound === true && error instanceof StatusError && error.code === 404) continue;
          session.output.err(errorText(error, 'pinstream delete').text);
          code = 1;
        }
      }
    }
    return code;
  },
});

type Given = FlagValues<typeof flags>;

async function selected(
  resource: 'imagestreams' | 'imagestreamtags',
  { all = false, selector }: Given,
  { objects, namespace }: Backend,
): Promise<readonly string[]> {
  if (resource === 'imagestreamtags' || (!all && selector === undefined)) {
    throw new CommandError('resource(s) were provided, but no name was specified');
  }
  const parsed = parseSelector(selector ?? '');
  if (!parsed.ok) throw new CommandError(parsed.error);
  const streams = await objects.list(imageStreams, namespace);
  return streams
    .filter((stream) => matchesLabels(parsed.selector, asTextMap(objectAt(stream, 'metadata').labels)))
    .map((stream) => keyOf(stream).name);
}

function deleteStream(
  name: string,
  { dryRun = 'none' }: Given,
  { objects, namespace }: Backend,
): Promise<void> {
  return objects.remove(imageStreams, { namespace, name }, { dryRun });
}

async function deleteTag(
  name: string,
  { dryRun = 'none' }: Given,
  { streams, namespace }: Backend,
): Promise<void> {
  const parsed = parseStreamTagName(name);
  if (!parsed.ok) throw new CommandError(`"${name}" must be of the form <stream_name>:<tag>`);
  await streams.removeTag({ namespace, name: parsed.stream }, parsed.tag, { dryRun });
}

/** kubectl's line, quotes and all. */
function say(kind: string, name: string, { dryRun = 'none' }: Given, { output }: Session): void {
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
  output.out(`${kind}.image.openshift.io "${name}" deleted${suffix}\n`);
}
