import { longName, type FlagTable } from './flags.ts';

/** How the flags of a command line are to be read. */
export interface FlagShape {
  readonly long: string;
  readonly short?: string | undefined;
  /** What it means alone; undefined: it takes the next argument. */
  readonly alone: string | undefined;
}

/** How the flags of a table are read from a command line. */
export function shapesOf(table: FlagTable): FlagShape[] {
  return Object.entries(table).map(([key, { short, alone }]) => ({ long: longName(key), short, alone }));
}

/** A command line with every flag in one form. */
export interface ReadArguments {
  /** `--name=value`, or `--name` where a value is missing. */
  readonly flags: readonly string[];
  readonly positionals: readonly string[];
}

/**
 * Reads flags as Go's pflag does, which kubectl and oc use: `--all`, `--all=false`, `--from x`, `--from=x`, `-n x`, `-nx`,
 * `-n=x`, `-Aw`; flags and arguments in any order; `--` ends the flags. A flag that can stand alone never takes the next
 * argument. Unknown flags are kept as they are, for whoever reports them.
 */
export function readGoArguments(args: readonly string[], shapes: readonly FlagShape[]): ReadArguments {
  const byLong = new Map(shapes.map((shape) => [shape.long, shape]));
  const byShort = new Map(
    shapes.flatMap((shape) => (shape.short === undefined ? [] : [[shape.short, shape]])),
  );
  const flags: string[] = [];
  const positionals: string[] = [];
  const rest = args.values();
  const give = ({ long, alone }: FlagShape, given: string | undefined) => {
    const value = given ?? alone ?? rest.next().value;
    flags.push(value === undefined ? `--${long}` : `--${long}=${value}`);
  };
  for (const arg of rest) {
    if (arg === '--') {
      positionals.push(...rest);
    } else if (arg.startsWith('--')) {
      const [name = '', value] = splitOnce(arg.slice(2), '=');
      const shape = byLong.get(name);
      if (shape === undefined) flags.push(arg);
      else give(shape, value);
    } else if (arg.startsWith('-') && arg !== '-') {
      readShorts(arg.slice(1), byShort, give, (unknown) => flags.push(`-${unknown}`));
    } else {
      positionals.push(arg);
    }
  }
  return { flags, positionals };
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
