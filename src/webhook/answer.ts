import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from './connections.ts';
import { shedMessages, type ShedReason } from './load.ts';
import { failure, type FailureCode } from './status.ts';

export interface AnswerPorts {
  /** Every one, and whose turn it is. */
  readonly connections: Connections;
  /** Whether a connection ends with its next answer. */
  readonly closes: (socket: Socket) => boolean;
}

/** What every answer passes through. */
export interface Answers {
  readonly send: <Code extends 200 | FailureCode>(
    response: ServerResponse,
    code: Code,
    type: string,
    body: string,
  ) => Code;
  readonly fail: (response: ServerResponse, code: FailureCode, message: string) => FailureCode;
  /** 503 for what is not worked on. An API server tries again after that time, within its own (docs/high-availability.md). */
  readonly shed: (response: ServerResponse, reason: ShedReason) => 503;
}

const retryAfterSeconds = '1';

export function createAnswers({ connections, closes }: AnswerPorts): Answers {
  const send: Answers['send'] = (response, code, type, body) => {
    const { socket } = response.req;
    if (closes(socket)) response.setHeader('connection', 'close');
    const bytes = Buffer.byteLength(body);
    response.writeHead(code, { 'content-type': `${type}; charset=utf-8`, 'content-length': bytes });
    // As many bytes as characters: it is ASCII, which is sent without being looked through once more.
    response.end(body, bytes === body.length ? 'latin1' : 'utf8');
    connections.isAnswered(socket);
    return code;
  };
  const sendFailure = <Code extends FailureCode>(
    response: ServerResponse,
    code: Code,
    message: string,
  ): Code => send(response, code, 'application/json', `${JSON.stringify(failure(code, message))}\n`);
  return {
    send,
    fail: (response, code, message) => {
      if (code === 401) response.setHeader('www-authenticate', 'Bearer');
      return sendFailure(response, code, message);
    },
    shed: (response, reason) => {
      response.setHeader('retry-after', retryAfterSeconds);
      return sendFailure(response, 503, shedMessages[reason]);
    },
  };
}
