import { StatusError } from '../kube/status-error.ts';
import { TransportError } from '../kube/transport-error.ts';

/** What cannot be done as asked: one line for people, with the way out. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Arguments that do not fit the verb: the line goes with a pointer to the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A failure as kubectl and oc print it (spec imagestream-system.md 5), and the exit code. */
export function errorText(
  error: unknown,
  helpCommand: string,
): { readonly text: string; readonly code: number } {
  if (error instanceof UsageError) {
    return { text: `error: ${error.message}\nSee '${helpCommand} -h' for help and examples\n`, code: 1 };
  }
  if (error instanceof StatusError) return { text: `${statusText(error)}\n`, code: 1 };
  if (error instanceof TransportError) return { text: `error: ${error.message}${wayOut(error)}\n`, code: 1 };
  const message = error instanceof Error ? error.message : String(error);
  return { text: `error: ${message}\n`, code: 1 };
}

function statusText({ code, reason, said, details }: StatusError): string {
  if (code === 401) return 'error: You must be logged in to the server (Unauthorized)';
  if (reason === 'Invalid' && details !== undefined) {
    const lines = details.causes.map(({ field, message }) =>
      field === '' ? message : `${field}: ${message}`,
    );
    const start = `The ${details.kind} "${details.name}" is invalid`;
    if (lines.length === 0) return `${start}: ${said}`;
    return lines.length === 1
      ? `${start}: ${lines.join('')}`
      : `${start}: \n${lines.map((line) => `* ${line}`).join('\n')}`;
  }
  return reason === '' ? `Error from server: ${said}` : `Error from server (${reason}): ${said}`;
}

function wayOut({ kind }: TransportError): string {
  switch (kind) {
    case 'io':
      return '; is the cluster of this context up? (--context, --kubeconfig, or --objects DIR for a folder)';
    case 'deadline':
      return '; --request-timeout gives it longer';
    case 'aborted':
    case 'tooLarge':
    case 'malformed':
      return '';
  }
}
