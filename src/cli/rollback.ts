import { imageStreams } from '../commands/kinds.ts';
import { planRollback, shown } from '../commands/rollback.ts';
import { parseTagArgument } from '../commands/stream-argument.ts';
import { StatusError } from '../kube/status-error.ts';
import { timeAgo } from '../printers/age.ts';
import { CommandError, UsageError } from './errors.ts';
import { bool, choice, text } from './flags.ts';
import { defineVerb } from './verb.ts';
import { waiting } from './waiting.ts';

export const rollback = defineVerb({
  usage: 'STREAM:TAG [--to=N|DIGEST]',
  help: `Points a tag again at an image of its history: the one before, N events back, or the one of a digest. The history stays:
what the tag goes back to becomes its newest item. It sticks: a schedule ends, and the registry does not move the tag any more
until you say so; the command for that is printed. Workloads that resolve the tag from now on, or follow it, get the old image. Once more
leads forward again, as with kubectl rollout undo.`,
  examples: `# Back to what the tag stood for before
pinstream rollback keycloak:20.0

# To a certain image of its history, which describe shows
pinstream rollback keycloak:20.0 --to=sha256:f4395c678f58

# 20 follows 20.0: roll back 20.0, and 20 with it
pinstream rollback keycloak:20 --at-target`,
  flags: {
    to: text('N|DIGEST', 'how many events back, or a digest or the beginning of one (default: 1)'),
    atTarget: bool('of a tag that follows another one: roll that one back'),
    detach: bool('of a tag that follows another one: follow it no longer'),
    keepSchedule: bool('refuse to end the schedule of a tag'),
    force: bool('also to an image that its registry no longer has, or without asking it'),
    dryRun: choice(['none', 'client', 'server'], 'say what would be done, and do not', { alone: 'client' }),
  },
  completes: () => 'tag',
  run: async (args, given, session) => {
    const [name, ...more] = args;
    if (name === undefined || more.length > 0) {
      throw new UsageError(`exactly one STREAM:TAG is required, got ${args.length}`);
    }
    const { objects, streams, namespace } = await session.backend();
    const place = parseTagArgument(name, namespace);
    if (!place.ok) throw new CommandError(place.message);
    const { key, tag } = place.value;
    const stream = await objects.read(imageStreams, key);
    if (stream === undefined) {
      const message = `imagestreams.image.openshift.io "${key.name}" not found`;
      throw new StatusError({ code: 404, reason: 'NotFound', message });
    }
    const plan = planRollback(stream, { ...given, tag });
    if (!plan.ok) throw new CommandError(plan.message);
    const { output, now } = session;
    const { dryRun = 'none' } = given;
    const wait = waiting(session, given);
    if (dryRun === 'none' && given.force !== true && plan.to.image !== '') {
      const presence = await streams.presenceOf(key, plan.tag, plan.to.image, wait).finally(wait.end);
      if (presence === 'gone') {
        throw new CommandError(
          `${shown(plan.to)} is no longer in its registry, so nothing could pull it; --force rolls back all the same`,
        );
      }
      if (presence === 'unknown')
        output.err(`Note: the registry did not say whether it still has ${shown(plan.to)}\n`);
    }
    await streams.setTag(key, plan.next, { dryRun });
    if (dryRun === 'none') {
      const answer = await streams.finishTag(key, plan.tag, wait).finally(wait.end);
      const failed = answer.tags.find(({ ok }) => !ok);
      if (failed?.ok === false)
        throw new CommandError(`${key.name}:${plan.tag} was not rolled back: ${failed.message}`);
    }
    const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
    const age = timeAgo(plan.to.created, now());
    const since = age === undefined ? '' : ` (of ${age})`;
    output.out(
      `Tag ${key.name}:${plan.tag} rolled back: ${shown(plan.from)} → ${shown(plan.to)}${since}${suffix}\n`,
    );
    for (const note of plan.notes) output.err(`Note: ${note}\n`);
    return 0;
  },
});
