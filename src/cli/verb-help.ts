import { Command, Option } from 'commander';
import { longName, type Flag, type FlagTable } from './flags.ts';
import { globalFlags } from './global-flags.ts';
import type { Verb } from './verb.ts';
import type { VerbEntry } from './verbs.ts';

/** The help of a verb. @param columns of the terminal; 0: 100 */
export function verbHelp(name: string, entry: VerbEntry, verb: Verb, columns: number): string {
  const command = new Command(name)
    .usage(verb.usage)
    .description(`${capitalised(entry.summary)}.\n\n${verb.help.replace(/\n(?!\n)/g, ' ')}`)
    .helpOption(false)
    .configureOutput({ getOutHelpWidth: () => (columns === 0 ? 100 : columns) })
    .configureHelp({ optionTerm: ({ flags }) => flags.replace(' [bool]', '').replace(' [', '[=') });
  addFlags(command, verb.flags, 'Flags:');
  addFlags(command, globalFlags, 'Flags of all verbs:');
  return `${command.helpInformation()}\nExamples:\n${indented(verb.examples)}`;
}

function addFlags(command: Command, table: FlagTable, group: string): void {
  for (const [key, flag] of Object.entries(table)) command.addOption(optionOf(key, flag).helpGroup(group));
}

function optionOf(key: string, { short, placeholder, alone, description, hidden }: Flag<unknown>): Option {
  const value = alone === undefined ? ` <${placeholder ?? 'value'}>` : ` [${placeholder ?? 'bool'}]`;
  const option = new Option(
    `${short === undefined ? '' : `-${short}, `}--${longName(key)}${value}`,
    description,
  );
  return hidden === true ? option.hideHelp() : option;
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
