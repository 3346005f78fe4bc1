import { longName, type Flag, type FlagTable } from './flags.ts';
import { globalFlags, type GlobalFlags } from './global-flags.ts';
import { readGoArguments, shapesOf, type ReadArguments } from './go-arguments.ts';
import type { Verb } from './verb.ts';
import { findVerb } from './verbs.ts';

/** A command line that is being typed, up to the cursor. */
export interface TypedLine {
  /** The words that name a verb, or begin to; empty when the cursor is on the first. */
  readonly path: readonly string[];
  /** Undefined while it is not named in full. */
  readonly verb: Verb | undefined;
  /** The verb's arguments in front of the cursor. */
  readonly args: readonly string[];
  /** Flags that are known here. */
  readonly table: FlagTable;
  /** Those of them that were given, by their names in the table. */
  readonly given: ReadonlySet<string>;
  /** Whether `--` ended the flags. */
  readonly flagsAreOver: boolean;
  /** The word with the cursor, up to it; without what stands in front of a flag's value. */
  readonly current: string;
  /** The flag whose value is being typed. */
  readonly flag: TypedFlag | undefined;
  /** What says where the objects are. */
  readonly globals: GlobalFlags;
}

export interface TypedFlag {
  readonly name: string;
  readonly flag: Flag<unknown>;
  /** What belongs to the word but not to the value: "--namespace=". */
  readonly prefix: string;
}

/** Reads the words behind the program's name, the last one as far as it is typed. */
export async function readTypedLine(words: readonly string[]): Promise<TypedLine> {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const { positionals: path } = readGoArguments(before, shapesOf(globalFlags));
  const entry = findVerb(path);
  const verb = await entry?.load();
  const table: FlagTable = { ...verb?.flags, ...globalFlags };
  const read = readGoArguments(before, shapesOf(table));
  const flagsAreOver = before.includes('--');
  const flag = flagsAreOver ? undefined : (awaited(read, table) ?? attached(last, table));
  return {
    path,
    verb,
    args: read.positionals.slice(entry?.path.length ?? 0),
    table,
    given: new Set(read.flags.map(({ key }) => key)),
    flagsAreOver,
    current: last.slice(flag?.prefix.length ?? 0),
    flag,
    globals: globalsOf(read),
  };
}

/** The flag in front of the cursor that takes the word with the cursor. */
function awaited({ flags }: ReadArguments, table: FlagTable): TypedFlag | undefined {
  const { key: name = '', value } = flags.at(-1) ?? {};
  const flag = table[name];
  return flag === undefined || value !== undefined ? undefined : { name, flag, prefix: '' };
}

/** `--name=VALUE`, `-n=VALUE`, `-nVALUE`. */
function attached(word: string, table: FlagTable): TypedFlag | undefined {
  if (word.startsWith('--')) {
    const name = word.includes('=') ? keyOf(word, table) : undefined;
    const flag = name === undefined ? undefined : table[name];
    return name === undefined || flag === undefined
      ? undefined
      : { name, flag, prefix: word.slice(0, word.indexOf('=') + 1) };
  }
  const [, letter, equals = '', value = ''] = /^-(\w)(=?)(.*)$/s.exec(word) ?? [];
  const found = Object.entries(table).find(([, { short, alone }]) => short === letter && alone === undefined);
  if (letter === undefined || found === undefined || equals + value === '') return undefined;
  return { name: found[0], flag: found[1], prefix: `-${letter}${equals}` };
}

/** What was said for all verbs, as far as it can be read. */
function globalsOf({ flags }: ReadArguments): GlobalFlags {
  const table: FlagTable = globalFlags;
  const values: Record<string, unknown> = {};
  for (const { key, value } of flags) {
    const flag = table[key];
    if (flag === undefined || value === undefined) continue;
    try {
      const parsed = flag.parse(value);
      const old = values[key];
      values[key] =
        flag.many === true && Array.isArray(old) ? [...(old as unknown[]), ...(parsed as unknown[])] : parsed;
    } catch {
      // What the verb will refuse says nothing about where the objects are.
    }
  }
  return values;
}

/** The name in the table of `--name` or `--name=value`. */
function keyOf(text: string, table: FlagTable): string | undefined {
  const [long = ''] = text.slice(2).split('=', 1);
  return Object.keys(table).find((key) => longName(key) === long);
}
