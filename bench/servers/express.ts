/** What the bare server does, behind a route of express. Arguments: certificate file, key file. */
import express from 'express';
import { answer } from './bytes.ts';
import { serve } from './listen.ts';

const app = express();
app.post('/mutate', answer);
serve((request, response) => {
  app(request, response);
});
