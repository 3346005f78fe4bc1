/** The same constant answer the way express's manual has it, with its own body parser and `response.json`. Arguments: certificate file, key file. */
import express from 'express';
import { constantAnswer } from './constant.ts';
import { serve } from './listen.ts';

const app = express();
app.use(express.json({ limit: '8mb' }));
app.post('/mutate', (request, response) => {
  response.json(constantAnswer(request.body));
});
serve((request, response) => {
  app(request, response);
});
