import type { IncomingMessage, ServerResponse } from 'node:http';
import { constantAnswer } from './constant.ts';

/** Parses the body as JSON and answers constantly, with nothing but Node's own means. */
export function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.stringify(constantAnswer(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
}
