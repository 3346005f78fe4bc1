import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Profiler } from '../telemetry/profiler.ts';

export interface DebugPorts {
  /** What the process is doing; nothing secret. */
  readonly state: () => object;
  readonly profiler: Profiler;
}

const secondsMax = 60;
const defaultSeconds = 10;

/** Answers below /debug. The caller has been found to be on this machine. */
export async function answerDebug(
  request: IncomingMessage,
  response: ServerResponse,
  { state, profiler }: DebugPorts,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
  const text = (code: number, body: string): void => {
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(`${body}\n`);
  };
  if (request.method !== 'GET') {
    response.setHeader('allow', 'GET');
    text(405, `${pathname}: use GET`);
    return;
  }
  switch (pathname) {
    case '/debug/state':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(state(), null, 2)}\n`);
      return;
    case '/debug/cpu-profile': {
      const seconds = secondsOf(searchParams.get('seconds'));
      if (seconds === undefined) {
        text(400, `seconds is a whole number from 1 to ${secondsMax}`);
        return;
      }
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const profile = await profiler.cpuProfile(seconds, gone.signal);
      if (profile === undefined) text(409, busy);
      else response.writeHead(200, attached('pinstream.cpuprofile')).end(profile);
      return;
    }
    case '/debug/heap-snapshot': {
      const snapshot = profiler.heapSnapshot();
      if (snapshot === undefined) {
        text(409, busy);
        return;
      }
      response.writeHead(200, attached('pinstream.heapsnapshot'));
      // Whoever breaks off needs no answer.
      await pipeline(snapshot, response).catch(() => undefined);
      return;
    }
    default:
      text(404, 'there are /debug/state, /debug/cpu-profile?seconds=N and /debug/heap-snapshot');
  }
}

const busy = 'another profile or snapshot is being taken; one at a time';

function secondsOf(text: string | null): number | undefined {
  if (text === null) return defaultSeconds;
  const seconds = Number(text);
  return /^\d{1,3}$/.test(text) && seconds >= 1 && seconds <= secondsMax ? seconds : undefined;
}

function attached(name: string): Record<string, string> {
  return { 'content-type': 'application/json', 'content-disposition': `attachment; filename="${name}"` };
}
