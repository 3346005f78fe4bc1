import { STATUS_CODES } from 'node:http';
import { isObject, stringAt } from '../json/untyped.ts';
import { StatusError } from './status-error.ts';

const textMax = 200;

/**
 * A `v1 Status` object as an error, `where` ("GET https://…") first. A Status without a code (some ERROR events) counts
 * as 500.
 */
export function errorOfStatus(where: string, status: unknown, fallbackCode = 500): StatusError {
  const given = isObject(status) && typeof status.code === 'number' ? status.code : 0;
  const code = given > 0 ? given : fallbackCode;
  const reason = stringAt(status, 'reason') ?? '';
  const message = stringAt(status, 'message') ?? (reason === '' ? 'no message' : reason);
  return new StatusError({ code, reason, message: `${where}: ${code} ${message}` });
}

/** The error for an HTTP answer that is not a success: its `v1 Status` when there is one, else its code and some text. */
export function errorOfAnswer(where: string, code: number, text: string): StatusError {
  const status = parsed(text);
  if (isObject(status) && status.kind === 'Status') return errorOfStatus(where, status, code);
  const short = text.replace(/\s+/g, ' ').trim().slice(0, textMax);
  const meaning = STATUS_CODES[code] ?? 'unexpected answer';
  return new StatusError({
    code,
    reason: '',
    message: `${where}: ${code} ${short === '' ? meaning : short}`,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
