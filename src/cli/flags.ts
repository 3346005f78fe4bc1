/** A value that a flag cannot take: what is wrong with it, or what would be right. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/** One flag of a verb. What is not given has no value: verbs tell "not given" from "given as the default". */
export interface Flag<T> {
  /** One letter, for `-n`. */
  readonly short?: string;
  /** Stands for the value in the help; absent for flags that are on or off. */
  readonly placeholder?: string;
  readonly description: string;
  /** @throws {FlagError} for a text that is no value of it */
  readonly parse: (text: string) => T;
  /** What the flag means when it stands alone; such a flag never takes the next argument, as in Go's pflag. */
  readonly alone?: string;
  /** It may be given several times; the value is a list. */
  readonly many?: boolean;
  /** What there is to choose from, for completion. */
  readonly choices?: readonly string[];
  /** Accepted, but left out of the help. */
  readonly hidden?: boolean;
}

/** The flags of a verb by their long names in camel case: `dryRun` is `--dry-run`. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** The values of the flags that were given. */
export type FlagValues<T extends FlagTable> = {
  readonly [K in keyof T]?: T[K] extends Flag<infer V> ? V : never;
};

type Extras = Pick<Flag<unknown>, 'short' | 'hidden'>;

/** On or off: `--alias`, `--alias=false`. */
export function bool(description: string, extras: Extras = {}): Flag<boolean> {
  return { ...extras, description, parse: parseBool, alone: 'true' };
}

export function text(placeholder: string, description: string, extras: Extras = {}): Flag<string> {
  return { ...extras, placeholder, description, parse: (given) => given };
}

/** May be given several times; commas separate values, too. */
export function texts(
  placeholder: string,
  description: string,
  extras: Extras = {},
): Flag<readonly string[]> {
  const parse = (given: string) => given.split(',').filter((part) => part !== '');
  return { ...extras, placeholder, description, parse, many: true };
}

/** One of a few words. */
export function choice<const T extends string>(
  choices: readonly T[],
  description: string,
  extras: Extras & { readonly alone?: T } = {},
): Flag<T> {
  const parse = (given: string): T => {
    const found = choices.find((word) => word === given);
    if (found === undefined) throw new FlagError(`it takes one of ${choices.join(', ')}.`);
    return found;
  };
  return { ...extras, placeholder: choices.join('|'), description, parse, choices };
}

/** A time limit as Go writes it ("30s", "5m", "1h30m"), or seconds; in ms. 0 is none, as with kubectl. */
export function timeLimit(description: string, extras: Extras = {}): Flag<number> {
  const parse = (given: string) => parseGoDuration(given) || noLimitMs;
  return { ...extras, placeholder: 'DURATION', description, parse };
}

export function count(placeholder: string, description: string, extras: Extras = {}): Flag<number> {
  const parse = (given: string) => {
    if (!/^\d{1,9}$/.test(given)) throw new FlagError('it takes a whole number.');
    return Number(given);
  };
  return { ...extras, placeholder, description, parse };
}

/** `dryRun` → `dry-run`. */
export function longName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What Go's strconv.ParseBool takes. */
function parseBool(given: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(given)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(given)) return false;
  throw new FlagError('it takes true or false.');
}

/** The longest that a timer can wait: 24 days. */
const noLimitMs = 2 ** 31 - 1;
const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseGoDuration(given: string): number {
  if (/^\d+$/.test(given)) return Number(given) * 1000;
  const parts = [...given.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== given) {
    throw new FlagError('it takes a time such as 30s, 5m or 1h30m.');
  }
  return parts.reduce((sum, [, number = '', unit = '']) => sum + Number(number) * (unitsMs[unit] ?? 0), 0);
}
