/** Where a verb writes; a port, so that a test reads what a person would. */
export interface Output {
  /** Results: what a script reads. */
  readonly out: (text: string) => void;
  /** Everything that is said besides: progress, remarks, errors. */
  readonly err: (text: string) => void;
  /** Whether a person looks at stderr: then progress may move. */
  readonly isTerminal: boolean;
  /** Whether colours are wanted on stdout. */
  readonly colour: boolean;
  readonly columns: number;
}

/** The process's own streams. Colours only for a terminal, and never with NO_COLOR (no-color.org) or TERM=dumb. */
export function processOutput({ stdout, stderr, env }: NodeJS.Process): Output {
  const plain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isTerminal: stderr.isTTY && env.TERM !== 'dumb',
    colour: stdout.isTTY && !plain,
    columns: stdout.isTTY ? stdout.columns : 0,
  };
}

const codes = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;

/** The text in a colour, where colours are wanted. */
export function paint({ colour }: Pick<Output, 'colour'>, style: keyof typeof codes, text: string): string {
  return colour ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}
