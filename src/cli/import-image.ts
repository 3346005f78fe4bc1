import { importTarget, planImport } from '../commands/import-plan.ts';
import { imageStreams } from '../commands/kinds.ts';
import type { ImportAnswer } from '../commands/stream-actions.ts';
import { describeImage } from '../printers/describe-image.ts';
import { objectName } from '../printers/name.ts';
import { printJson, printName, printYaml } from '../printers/objects.ts';
import type { Backend } from './backend.ts';
import { describeStreamHere } from './describe-texts.ts';
import { CommandError } from './errors.ts';
import { bool, choice, text } from './flags.ts';
import type { Session } from './session.ts';
import { defineVerb } from './verb.ts';
import { waiting } from './waiting.ts';

const flags = {
  from: text('IMAGE', 'where the image is, for a new stream or tag; with --all the repository'),
  confirm: bool('let the image stream be made, or the repository that it imports be changed'),
  all: bool(
    'import all tags: of a new stream or with --from those of the repository, else those of the stream',
  ),
  scheduled: bool('import it again and again from now on'),
  insecure: bool('accept plain HTTP and certificates that nobody vouches for'),
  referencePolicy: text(
    'source|local',
    "'local': pull the images from the cluster's own registry (default: source)",
  ),
  importMode: text(
    'MODE',
    'Legacy: one platform of an image; PreserveOriginal: all of them (default: Legacy)',
  ),
  dryRun: bool('ask the registry, and write nothing'),
  output: choice(['name', 'json', 'yaml'], 'print the image stream in this form, and nothing else', {
    short: 'o',
  }),
};

export const importImage = defineVerb({
  usage: 'STREAM[:TAG]',
  help: `Asks the registry what tags of an image stream stand for now, and waits for the answer. Without a tag it is latest. A
new tag needs --from, a new image stream also --confirm. Tags that follow others are imported where they come from.`,
  examples: `# Import the tag latest into a new image stream
pinstream import-image keycloak --from=quay.io/keycloak/keycloak:latest --confirm

# Look for news of a tag now
pinstream import-image keycloak:20.0

# Of all tags of the stream
pinstream import-image keycloak --all

# All tags of a repository, into a new stream, with more time
pinstream import-image keycloak --from=quay.io/keycloak/keycloak --all --confirm --request-timeout=5m`,
  flags,
  completes: () => 'streamOrTag',
  run: async (args, given, session) => {
    const backend = await session.backend();
    const order = { ...given, args, namespace: backend.namespace };
    const target = importTarget(order);
    if (!target.ok) throw new CommandError(target.message);
    const stream = await backend.objects.read(imageStreams, target.key);
    const plan = planImport(order, target, stream, backend.kind === 'openshift');
    if (!plan.ok) throw new CommandError(plan.message);
    const { output } = session;
    const lookOnly = given.dryRun === true;
    if (lookOnly && backend.kind === 'cluster') {
      output.err('Note: the registry is asked from here, with your own docker configuration\n');
    }
    const wait = waiting(session, given);
    const answer = await backend.streams
      .importImages({
        key: target.key,
        change: plan.change,
        tags: plan.tags,
        repositoryPolicy: plan.policy,
        lookOnly,
        wait,
      })
      .finally(wait.end);
    if (!lookOnly) for (const reset of plan.resets) output.err(`Note: ${reset}\n`);
    return show(answer, { name: target.key.name, lookOnly, form: given.output }, backend, session);
  },
});

interface Shown {
  readonly name: string;
  readonly lookOnly: boolean;
  readonly form: 'name' | 'json' | 'yaml' | undefined;
}

/** What became of it, as oc tells it (spec imagestream-system.md 5.4); the exit code. */
async function show(
  { stream, tags, repositoryFailure, additionalTags, notes }: ImportAnswer,
  { name, lookOnly, form }: Shown,
  backend: Backend,
  session: Session,
): Promise<number> {
  const { output } = session;
  for (const note of notes) output.err(`Note: ${note}\n`);
  if (repositoryFailure !== undefined)
    output.err(`error: the repository could not be imported: ${repositoryFailure}\n`);
  for (const result of tags) {
    if (!result.ok) output.err(`error: tag ${result.tag} failed: ${result.message}\n`);
  }
  const hasErrors = repositoryFailure !== undefined || tags.some(({ ok }) => !ok);
  if (form !== undefined) {
    const object = stream ?? { apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', metadata: { name } };
    output.out({ name: printName, json: printJson, yaml: printYaml }[form](object));
  } else {
    const line = objectName({ apiVersion: 'image.openshift.io/v1', kind: 'ImageStream', name });
    output.out(`${line} imported${hasErrors ? ' with errors' : ''}${lookOnly ? ' (dry run)' : ''}\n\n`);
    if (stream !== undefined) output.out(`${await describeStreamHere(stream, backend, session.now())}\n`);
    for (const result of tags) {
      if (!result.ok || result.image === undefined) continue;
      output.out(`${describeImage(result.image, session.now(), `${name}:${result.tag}`)}\n`);
    }
    if (additionalTags !== undefined) {
      const { count, names = [] } = additionalTags;
      const which = names.length === 0 ? '' : `: ${names.join(', ')}`;
      output.out(
        `\ninfo: The remote repository contained ${count} additional tags which were not imported${which}\n`,
      );
    }
  }
  if (!hasErrors) return 0;
  output.err('error: imported completed with errors\n');
  return 1;
}
