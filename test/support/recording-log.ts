import type { Log } from '../../src/telemetry/log.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** A log that keeps its lines. */
export function createRecordingLog(): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields, message });
  return {
    lines,
    debug: (fields, message) => at('debug')(fields(), message),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
