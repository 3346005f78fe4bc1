import { request, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Question {
  /** The authority of the server's certificate, PEM. */
  readonly ca?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST; without it this is a GET. */
  readonly body?: string;
}

/** One request on a connection of its own, as curl would send it. Rejects when there is no answer. */
export function ask(url: string, { ca, headers = {}, body }: Question = {}): Promise<Answer> {
  const send = url.startsWith('https:') ? httpsRequest : request;
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const outgoing = send(url, { method, headers, agent: false, timeout: 10_000, ...(ca && { ca }) });
    outgoing.once('error', reject);
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${url}: no answer within 10 s`)));
    outgoing.once('response', (response) => {
      text(response).then(
        (answer) => resolve({ code: response.statusCode ?? 0, headers: response.headers, body: answer }),
        reject,
      );
    });
    outgoing.end(body);
  });
}
