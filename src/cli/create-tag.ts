import { newTag } from '../commands/new-tag.ts';
import { parseTagArgument } from '../commands/stream-argument.ts';
import { operationLine } from '../printers/name.ts';
import { CommandError, UsageError } from './errors.ts';
import { bool, choice, text, type Flag } from './flags.ts';
import { defineVerb } from './verb.ts';

/** Values may hold commas: each time the flag is given is one. */
const annotation: Flag<readonly string[]> = {
  placeholder: 'KEY=VALUE',
  description: 'an annotation of the tag; may be given several times',
  parse: (given) => [given],
  many: true,
};

export const createTag = defineVerb({
  usage: 'STREAM:TAG [--from=SOURCE | --from-image=IMAGE]',
  help: `Makes a tag that is not there yet; tag changes one that is. --from names a tag or an image of a stream
([NAMESPACE/]STREAM:TAG, STREAM@ID, or :TAG of the same stream), --from-image an image of a registry.`,
  examples: `# A tag from a registry, imported again and again
pinstream create istag keycloak:20.0 --from-image=quay.io/keycloak/keycloak:20.0 --scheduled

# A tag that follows another one of the stream
pinstream create istag keycloak:20 --from=:20.0`,
  flags: {
    from: text('SOURCE', 'a tag or an image of an image stream'),
    fromImage: text('IMAGE', 'an image of a registry'),
    annotation,
    scheduled: bool('import the image again and again'),
    insecure: bool('accept plain HTTP and certificates that nobody vouches for'),
    reference: bool('record the source as it is written, and never import it'),
    referencePolicy: text('source|local', "'local': pull the images from the cluster's own registry"),
    dryRun: choice(['none', 'client', 'server'], 'say what would be done, and do not', { alone: 'client' }),
  },
  completes: () => 'tag',
  run: async (args, given, session) => {
    const [name, ...more] = args;
    if (name === undefined || more.length > 0) {
      throw new UsageError(`exactly one STREAM:TAG is required, got ${args.length}`);
    }
    const { streams, namespace } = await session.backend();
    const place = parseTagArgument(name, namespace);
    if (!place.ok) throw new CommandError(place.message);
    const { key, tag } = place.value;
    const made = newTag({ ...given, tag, stream: key.name });
    if (!made.ok) throw new CommandError(made.message);
    const { dryRun = 'none' } = given;
    await streams.createTag(key, made.value, { dryRun });
    const named = { apiVersion: 'image.openshift.io/v1', kind: 'ImageStreamTag', name: `${key.name}:${tag}` };
    session.output.out(operationLine(named, 'created', dryRun));
    return 0;
  },
});
