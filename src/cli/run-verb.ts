import { Command, CommanderError, Option } from 'commander';
import { errorText, UsageError } from './errors.ts';
import { longName, type Flag, type FlagTable } from './flags.ts';
import { globalFlags, type GlobalFlags } from './global-flags.ts';
import { readGoArguments, shapesOf } from './go-arguments.ts';
import type { Output } from './output.ts';
import type { Session } from './session.ts';
import type { Verb } from './verb.ts';
import type { VerbEntry } from './verbs.ts';

/** How the program is called: "pinstream", or "kubectl pinstream". */
export interface Caller {
  readonly program: string;
  readonly output: Output;
  readonly session: (flags: GlobalFlags) => Session;
}

/** Runs a verb with the words of its command line; gives the exit code. Never throws. */
export async function runVerb(entry: VerbEntry, args: readonly string[], caller: Caller): Promise<number> {
  const { output } = caller;
  const name = [caller.program, ...entry.path].join(' ');
  let session: Session | undefined;
  try {
    const verb = await entry.load();
    const table = { ...verb.flags, ...globalFlags };
    const { flags, positionals } = readGoArguments(args, shapesOf(table));
    const command = commandOf(name, entry, verb, output);
    command.parse(flags, { from: 'user' });
    const given = command.opts<GlobalFlags>();
    if (given.help === true) {
      output.out(command.helpInformation());
      return 0;
    }
    session = caller.session(given);
    return (await verb.run(positionals.slice(entry.path.length), given, session)) ?? 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      const message = error.message.replace(/^error: /, '');
      output.err(errorText(new UsageError(message), name).text);
      return 1;
    }
    const { text, code } = errorText(error, name);
    output.err(text);
    return code;
  } finally {
    await session?.close();
  }
}

function commandOf(name: string, entry: VerbEntry, verb: Verb, output: Output): Command {
  const command = new Command(name)
    .usage(verb.usage)
    .description(`${capitalised(entry.summary)}.\n\n${verb.help}`)
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: output.out })
    .configureHelp({ optionTerm: ({ flags }) => flags.replace(/ \[[^\]]*\]$/, '') });
  addFlags(command, verb.flags, '');
  addFlags(command, globalFlags, 'Flags of all verbs:');
  return command.addHelpText('after', `\nExamples:\n${indented(verb.examples)}`);
}

function addFlags(command: Command, table: FlagTable, group: string): void {
  for (const [key, flag] of Object.entries(table)) {
    const option = optionOf(key, flag);
    command.addOption(group === '' ? option : option.helpGroup(group));
  }
}

function optionOf(key: string, flag: Flag<unknown>): Option {
  const { short, placeholder, alone, many = false } = flag;
  const value = alone === undefined ? ` <${placeholder ?? 'value'}>` : ` [${placeholder ?? 'bool'}]`;
  const option = new Option(
    `${short === undefined ? '' : `-${short}, `}--${longName(key)}${value}`,
    flag.description,
  );
  option.argParser((given: string, previous: unknown) => {
    const parsed = flag.parse(given);
    return many && Array.isArray(previous) ? [...(previous as unknown[]), ...(parsed as unknown[])] : parsed;
  });
  return flag.hidden === true ? option.hideHelp() : option;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function indented(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => (line === '' ? '\n' : `  ${line.trim()}\n`))
    .join('');
}
