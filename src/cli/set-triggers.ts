import { typedTargets, type Target } from '../commands/set-targets.ts';
import { keyOf } from '../commands/stream-object.ts';
import { triggerRows, triggersOf } from '../commands/triggers.ts';
import { triggerOrder } from '../commands/triggers-order.ts';
import { printSetTable } from '../printers/table.ts';
import { CommandError, UsageError } from './errors.ts';
import { bool, text, texts } from './flags.ts';
import {
  changeObjects,
  fileObjects,
  findObjects,
  readSelector,
  reportFailures,
  setFlags,
  storedObjects,
  targetsOf,
  type SetObject,
  type SetObjects,
} from './set-objects.ts';
import { defineVerb } from './verb.ts';

const builds = (name: string) =>
  bool(`${name}: builds are not what Pinstream is for; refused`, { hidden: true });

/** Shows and changes which image stream tags the containers of workloads follow. */
export const setTriggers = defineVerb({
  usage: 'TYPE/NAME [--from-image [NAMESPACE/]STREAM:TAG] [--auto|--manual] [flags]',
  help:
    'A container with an image trigger gets the image that an image stream tag points to, again and again. Deployments,\n' +
    'DaemonSets, StatefulSets, CronJobs and DeploymentConfigs can have them. Without --containers the trigger is for the\n' +
    'only container of the pod template. --auto and --manual alone switch all triggers; --manual and --remove-all pause a\n' +
    'Deployment, too, since its config trigger is that it is not paused. Without flags: a table.',
  examples: `
    # Which tags a deployment follows
    pinstream set triggers deploy/web
    # Its container web follows a tag
    pinstream set triggers deploy/web --from-image keycloak:20.0 -c web
    # Stop for now; go on
    pinstream set triggers deploy/web --from-image keycloak:20.0 --manual
    pinstream set triggers deploy/web --from-image keycloak:20.0 --auto
    # No longer
    pinstream set triggers deploy/web --from-image keycloak:20.0 --remove`,
  flags: {
    ...setFlags,
    fromImage: text('[NAMESPACE/]STREAM:TAG', 'the image stream tag to follow'),
    fromConfig: bool('the config trigger: roll out when the pod template changes'),
    containers: texts('NAMES', 'the containers that follow it: a,b (default: the only one)', { short: 'c' }),
    auto: bool('switch on all triggers, or the one that is named'),
    manual: bool('switch off all triggers, or the one that is named'),
    remove: bool('remove the trigger that is named'),
    removeAll: bool('remove all triggers'),
    fromGithub: builds('--from-github'),
    fromGitlab: builds('--from-gitlab'),
    fromBitbucket: builds('--from-bitbucket'),
    fromWebhook: builds('--from-webhook'),
    fromWebhookAllowEnv: builds('--from-webhook-allow-env'),
  },
  completes: () => 'workload',
  run: async (args, flags, session) => {
    const { local = false, all = false, filename = [] } = flags;
    const { fromGithub, fromGitlab, fromBitbucket, fromWebhook, fromWebhookAllowEnv } = flags;
    const { output } = session;
    if (
      [fromGithub, fromGitlab, fromBitbucket, fromWebhook, fromWebhookAllowEnv].some((flag) => flag === true)
    ) {
      throw new CommandError(
        'web hooks trigger builds, which Pinstream has nothing to do with; --from-image and --from-config are there',
      );
    }
    if (local && args.length > 0) throw new UsageError('pass files with -f when using --local');
    if (args.length > 0 && filename.length > 0) throw new UsageError('name objects or files (-f), not both');
    if (args.length === 0 && filename.length === 0)
      throw new UsageError('name an object, TYPE/NAME, or a file with -f');
    const read = triggerOrder(flags);
    if (!read.ok) throw new CommandError(read.error);
    const { order } = read;
    const selector = readSelector(flags.selector);
    const targets =
      args.length === 0
        ? []
        : namedOrChosen(targetsOf(typedTargets(args)), all || flags.selector !== undefined);

    const backend = local ? undefined : await session.backend();
    const choose = async (): Promise<SetObjects> => {
      if (filename.length === 0 && backend) {
        return findObjects(backend.objects, backend.namespace, targets, selector);
      }
      const found = await fileObjects(
        session,
        flags,
        flags.namespace ?? backend?.namespaceOr('default') ?? '',
        selector,
      );
      return backend ? storedObjects(backend.objects, found) : { found, failures: [] };
    };
    const { found, failures } = await choose();
    const supported = withTriggers(found);
    if (order.action === 'list') {
      if (found.length === 0 && failures.length > 0) return reportFailures(failures, output);
      const rows = supported.flatMap(({ kind, key, object }) => triggerRows(kind, key.name, object));
      output.out(printSetTable(['NAME', 'TYPE', 'VALUE', 'AUTO'], rows));
      return reportFailures(failures, output);
    }
    const options = {
      operation: 'triggers updated',
      objects: backend?.objects,
      dryRun: flags.dryRun ?? 'none',
      format: flags.output,
    } as const;
    const more = await changeObjects(
      supported,
      (kind, object) => {
        const changed = triggersOf(kind)?.change(object, order);
        if (changed === undefined || changed.ok) return changed?.object;
        throw new CommandError(`${kind.resource}/${keyOf(object).name} ${changed.error}`);
      },
      options,
      output,
    );
    return reportFailures([...failures, ...more], output);
  },
});

/** A type without names means all of it only where that is said. */
function namedOrChosen(targets: readonly Target[], isAsked: boolean): readonly Target[] {
  if (!isAsked && targets.some(({ name }) => name === undefined)) {
    throw new CommandError(
      'resource(s) were provided, but no name was specified; --all, or -l SELECTOR, takes all',
    );
  }
  return targets;
}

/** Kinds that cannot have triggers are passed over, unless there is nothing else: as oc has it. */
function withTriggers(found: readonly SetObject[]): readonly SetObject[] {
  const supported = found.filter(({ kind }) => triggersOf(kind) !== undefined);
  const [first] = found;
  if (supported.length === 0 && first !== undefined) {
    throw new CommandError(`${first.kind.resource}/${first.key.name} does not support triggers`);
  }
  return supported;
}
