import { Command, CommanderError, type Option } from 'commander';
import { addServerFlags, type ServerFlags } from '../cli/server-flags.ts';
import { verbs as clientVerbs } from '../cli/verbs.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { version } from '../version.ts';
import type { RunningServer } from './serve.ts';

type Start = (flags: ServerFlags, log: Log) => Promise<RunningServer>;

const verbs: readonly { readonly verb: string; readonly description: string; readonly start: Start }[] = [
  {
    verb: 'serve',
    description: 'run the admission webhook and the controllers',
    start: async (flags, log) => (await import('./serve.ts')).serve(flags, log),
  },
  {
    verb: 'webhook',
    description: 'run the admission webhook alone',
    start: async (flags, log) => {
      if (flags.import === true) {
        throw new Error('webhook --import: this verb never imports; use serve, or controller beside it');
      }
      if (flags.triggers === true) {
        throw new Error(
          'webhook --triggers: this verb resolves at admission only; use serve, or controller beside it',
        );
      }
      return (await import('./serve.ts')).serve({ ...flags, import: false, triggers: false }, log);
    },
  },
  {
    verb: 'controller',
    description: 'run the controllers alone: importer and image triggers',
    start: async (flags, log) => (await import('./control.ts')).control(flags, log),
  },
];

/** Runs a verb of the server; shows the help of all verbs, and says which of them an unknown word resembles. */
export async function runServerProgram(args: readonly string[], name: string): Promise<void> {
  const program = new Command(name)
    .description("Short image names in, pinned digests out: OpenShift's image streams, on any Kubernetes")
    .version(version)
    .enablePositionalOptions()
    .helpCommand(false)
    .configureHelp({
      visibleOptions: ({ parent, options }) => (parent === null ? [] : options.filter(isShown)),
    })
    .exitOverride();
  // The same flags are taken before the verb, too; the help of the verbs has them.
  addServerFlags(program);
  program.commandsGroup('Image streams:');
  const shown = clientVerbs.filter(({ hidden }) => hidden !== true);
  for (const group of new Set(shown.map(({ path }) => path[0]))) addHelpOf(program, group);
  program.commandsGroup('Server:');
  for (const { verb, description, start } of verbs) {
    addServerFlags(program.command(verb).description(description)).action(
      async (_flags, command: Command) => {
        await runServer({ ...given(program), ...given(command) }, start);
      },
    );
  }
  program.addHelpText(
    'after',
    `\n${name} VERB -h tells more of one. Documentation: docs/ beside the program's sources.`,
  );
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.stderr.write(`pinstream: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

function isShown({ hidden }: Option): boolean {
  return !hidden;
}

/** The other verbs never come here, but for the help and for words that are none of them. */
function addHelpOf(program: Command, group: string): void {
  const entries = clientVerbs.filter(({ path }) => path[0] === group);
  const [only] = entries;
  if (only?.path.length === 1) {
    program.command(group).description(only.summary);
    return;
  }
  const words = entries.map(({ path }) => path.at(-1)).join(', ');
  const command = program.command(group).description(words).exitOverride();
  for (const { path, summary, aliases = [] } of entries) {
    const sub = command.command(path.at(-1) ?? '').description(summary);
    for (const alias of aliases) sub.alias(alias);
  }
}

/** What was written on the command line, without defaults. */
function given(command: Command): ServerFlags {
  const entries = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) === 'cli',
  );
  return Object.fromEntries(entries);
}

async function runServer(flags: ServerFlags, start: Start): Promise<void> {
  const log = createLog(flags.logLevel ?? 'info');
  // Whoever reads "listening" may end it at once, so this comes first. While it starts there is nothing to let go of.
  let stop = () => Promise.resolve();
  onSignals(log, () => stop());
  const server = await start(flags, log);
  stop = () => server.stop();
  await server.failed.catch(async (error: unknown) => {
    log.error({ error: error instanceof Error ? error.message : String(error) }, 'giving up');
    await server.stop();
    throw error;
  });
}

/** A pod that is still there after 30 s is killed; what hangs longer than this will not end. */
const stopMsMax = 27_000;

/** Stops by the first signal, with all that takes; by a second one at once. */
function onSignals(log: Log, stop: () => Promise<void>): void {
  const end = (code: number, error?: string): void => {
    if (error !== undefined) log.error({ error }, 'stopping failed');
    process.exit(code);
  };
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // Not once: a process that is the first of its container is not ended by a signal that it does not handle.
    process.on(signal, () => {
      log.info({ signal }, stopping ? 'stopping at once' : 'stopping');
      if (stopping) end(1);
      stopping = true;
      setTimeout(() => end(1, `not done after ${stopMsMax / 1000} s`), stopMsMax).unref();
      stop().then(
        () => end(0),
        (error: unknown) => end(1, String(error)),
      );
    });
  }
}
