/**
 * What `express.ts` does, for objects with a pod template: the patch goes below `/spec/template`, so that an API server can apply
 * it. Arguments: certificate file, key file.
 */
import express from 'express';
import { constantAnswer } from './constant.ts';
import { serve } from './listen.ts';

interface Answer {
  readonly response: { readonly patch: string };
}

const patch = Buffer.from(
  Buffer.from(answerOf({ request: { uid: '' } }).response.patch, 'base64')
    .toString()
    .replaceAll('"/spec/containers/', '"/spec/template/spec/containers/'),
).toString('base64');

const app = express();
app.post('/mutate', (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = answerOf(JSON.parse(Buffer.concat(chunks).toString()));
    const body = JSON.stringify({ ...answer, response: { ...answer.response, patch } });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
serve((request, response) => {
  app(request, response);
});

function answerOf(review: unknown): Answer {
  return constantAnswer(review) as Answer;
}
