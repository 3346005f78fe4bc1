import { errorText, UsageError } from './errors.ts';
import { FlagError, longName, type FlagTable } from './flags.ts';
import { globalFlags, type GlobalFlags } from './global-flags.ts';
import { readGoArguments, shapesOf, type ReadArguments } from './go-arguments.ts';
import type { Output } from './output.ts';
import type { Session } from './session.ts';
import type { VerbEntry } from './verbs.ts';

/** How the program is called: "pinstream", or "kubectl pinstream". */
export interface Caller {
  readonly program: string;
  readonly output: Output;
  readonly session: (flags: GlobalFlags) => Session;
}

/** Runs a verb with the words of its command line; gives the exit code. Never throws. */
export async function runVerb(entry: VerbEntry, args: readonly string[], caller: Caller): Promise<number> {
  const { output, program } = caller;
  const name = [program, ...entry.path].join(' ');
  let session: Session | undefined;
  try {
    const verb = await entry.load();
    const table: FlagTable = { ...verb.flags, ...globalFlags };
    const read = readGoArguments(args, shapesOf(table));
    const given = valuesOf(read, table);
    if (given.help === true) {
      // The help is made by a package that nothing else here needs.
      output.out((await import('./verb-help.ts')).verbHelp(name, entry, verb, output.columns));
      return 0;
    }
    const words = read.positionals.slice(entry.path.length);
    session = caller.session((await verb.sessionFlags?.(words)) ?? given);
    return await verb.run(words, given, session);
  } catch (error) {
    const { text, code } = errorText(error, name);
    output.err(text);
    return code;
  } finally {
    await session?.close();
  }
}

/** @throws {UsageError} for flags that there are not, and values that they cannot take */
function valuesOf({ flags, unknown }: ReadArguments, table: FlagTable): GlobalFlags {
  const [stranger] = unknown;
  if (stranger !== undefined) throw new UsageError(`unknown flag: ${stranger}${resembling(stranger, table)}`);
  const values: Record<string, unknown> = {};
  for (const { key, value } of flags) {
    const flag = table[key];
    if (flag === undefined) continue;
    if (value === undefined) throw new UsageError(`flag needs an argument: --${longName(key)}`);
    const parsed = parsedBy(flag.parse, key, value);
    const before = values[key];
    values[key] =
      flag.many === true && Array.isArray(before)
        ? [...(before as unknown[]), ...(parsed as unknown[])]
        : parsed;
  }
  return values;
}

function parsedBy(parse: (text: string) => unknown, key: string, value: string): unknown {
  try {
    return parse(value);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new UsageError(`invalid argument "${value}" for --${longName(key)}: ${error.message}`);
  }
}

/** The flag that was meant, most likely: with letters swapped, missing or too many. */
function resembling(stranger: string, table: FlagTable): string {
  const word = stranger.replace(/^-+/, '');
  const near = Object.keys(table)
    .map(longName)
    .find((name) => name.length > 2 && word.length > 2 && isNear(word, name));
  return near === undefined ? '' : `; did you mean --${near}?`;
}

function isNear(a: string, b: string): boolean {
  if (a.startsWith(b) || b.startsWith(a)) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const positions = Array.from({ length: long.length }, (_none, at) => at);
  if (a.length === b.length) return positions.filter((at) => a.charAt(at) !== b.charAt(at)).length <= 2;
  if (long.length - short.length > 1) return false;
  return positions.some((at) => long.slice(0, at) + long.slice(at + 1) === short);
}
