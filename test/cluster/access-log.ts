import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** One request that a server answered, as its access log has it. */
export interface AccessLine {
  readonly method: string;
  /** With its query: `/v2/team/app/tags/list?n=100`. */
  readonly path: string;
  readonly status: number;
  readonly userAgent: string;
}

// The combined log format of Apache's mod_log_config, as gorilla/handlers writes it: texts in quotes are escaped as Go does.
const quoted = String.raw`"((?:[^"\\]|\\.)*)"`;
const lineFormat = new RegExp(String.raw`^\S+ - \S+ \[[^\]]+\] ${quoted} (\d{3}) \d+ ${quoted} ${quoted}$`);

/** Reads the lines of an access log in a file that other messages go to as well, from a place in that file on. */
export async function readAccessLog(path: string, from = 0): Promise<readonly AccessLine[]> {
  const file = await open(path);
  try {
    const text = await file.createReadStream({ start: from, encoding: 'utf8' }).toArray();
    return text
      .join('')
      .split('\n')
      .map(accessLineOf)
      .filter((line) => line !== undefined);
  } finally {
    await file.close();
  }
}

/** Where a file ends now: what comes later is read from there on. */
export function endOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** A line of the access log; undefined for any other. */
export function accessLineOf(line: string): AccessLine | undefined {
  const [, request = '', status = '', , userAgent = ''] = lineFormat.exec(line) ?? [];
  const [method, path] = request.split(' ');
  if (method === undefined || path === undefined) return undefined;
  return { method, path, status: Number(status), userAgent };
}
