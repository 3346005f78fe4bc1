import { STATUS_CODES } from 'node:http';
import { asList, isObject, objectAt, stringAt } from '../json/untyped.ts';
import { StatusError, type StatusDetails } from './status-error.ts';

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
  return new StatusError({
    code,
    reason,
    message: `${where}: ${code} ${message}`,
    said: message,
    details: detailsOf(status),
  });
}

function detailsOf(status: unknown): StatusDetails | undefined {
  const details = objectAt(status, 'details');
  const kind = stringAt(details, 'kind');
  if (kind === undefined) return undefined;
  const causes = asList(details.causes).map((cause) => ({
    field: stringAt(cause, 'field') ?? '',
    message: stringAt(cause, 'message') ?? '',
  }));
  return { kind, name: stringAt(details, 'name') ?? '', causes };
}

/** The error for an HTTP answer that is not a success: its `v1 Status` when there is one, else its code and some text. */
export function errorOfAnswer(where: string, code: number, text: string): StatusError {
  const status = parsed(text);
  if (isObject(status) && status.kind === 'Status') return errorOfStatus(where, status, code);
  const short = text.replace(/\s+/g, ' ').trim().slice(0, textMax);
  const meaning = STATUS_CODES[code] ?? 'unexpected answer';
  const said = short === '' ? meaning : short;
  return new StatusError({ code, reason: '', message: `${where}: ${code} ${said}`, said });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
