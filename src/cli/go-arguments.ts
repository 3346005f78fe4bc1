import { longName, type FlagTable } from './flags.ts';

/** How a flag is to be read. */
export interface FlagShape {
  /** Its key in the table. */
  readonly key: string;
  readonly long: string;
  readonly short?: string | undefined;
  /** What it means alone; undefined: it takes the next argument. */
  readonly alone: string | undefined;
}

/** A command line, taken apart. */
export interface ReadArguments {
  /** In their order; `value` undefined: it should have one, and the line ends here. */
  readonly flags: readonly { readonly key: string; readonly value: string | undefined }[];
  /** As they were written: "--bogus", "-x". */
  readonly unknown: readonly string[];
  readonly positionals: readonly string[];
}

/** How the flags of a table are read. */
export function shapesOf(table: FlagTable): FlagShape[] {
  return Object.entries(table).map(([key, { short, alone }]) => ({ key, long: longName(key), short, alone }));
}

/**
 * Reads flags as Go's pflag does, which kubectl and oc use: `--all`, `--all=false`, `--from x`, `--from=x`, `-n x`, `-nx`,
 * `-n=x`, `-Aw`; flags and arguments in any order; `--` ends the flags. A flag that can stand alone never takes the next
 * argument.
 */
export function readGoArguments(args: readonly string[], shapes: readonly FlagShape[]): ReadArguments {
  const byLong = new Map(shapes.map((shape) => [shape.long, shape]));
  const byShort = new Map(
    shapes.flatMap((shape) => (shape.short === undefined ? [] : [[shape.short, shape]])),
  );
  const flags: { readonly key: string; readonly value: string | undefined }[] = [];
  const unknown: string[] = [];
  const positionals: string[] = [];
  const rest = args.values();
  const give = ({ key, alone }: FlagShape, given: string | undefined) => {
    flags.push({ key, value: given ?? alone ?? rest.next().value });
  };
  for (const arg of rest) {
    if (arg === '--') {
      positionals.push(...rest);
    } else if (arg.startsWith('--')) {
      const [name, value] = splitOnce(arg.slice(2), '=');
      const shape = byLong.get(name);
      if (shape === undefined) unknown.push(`--${name}`);
      else give(shape, value);
    } else if (arg.startsWith('-') && arg !== '-') {
      readShorts(arg.slice(1), byShort, give, (letter) => unknown.push(`-${letter}`));
    } else {
      positionals.push(arg);
    }
  }
  return { flags, unknown, positionals };
}

function readShorts(
  letters: string,
  byShort: ReadonlyMap<string, FlagShape>,
  give: (shape: FlagShape, value: string | undefined) => void,
  unknown: (letter: string) => void,
): void {
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters.charAt(at);
    const after = letters.slice(at + 1);
    const shape = byShort.get(letter);
    if (shape === undefined) {
      unknown(letter);
    } else if (after.startsWith('=')) {
      give(shape, after.slice(1));
      return;
    } else if (shape.alone === undefined && after !== '') {
      give(shape, after);
      return;
    } else {
      give(shape, undefined);
    }
  }
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
