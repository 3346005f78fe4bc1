/**
 * The floor of `dry-run`: an express application that parses what is posted, as JSON where it is that, else as YAML, and says how
 * many objects there are. Arguments: certificate file, key file.
 */
import express from 'express';
import { parseAllDocuments } from 'yaml';
import { serve } from './listen.ts';

const app = express();
app.use(express.text({ type: () => true, limit: '16mb' }));
app.post('/dry-run', (request, response) => {
  const text = request.body as string;
  const objects: unknown[] = text.startsWith('{')
    ? (JSON.parse(text) as { readonly items: unknown[] }).items
    : parseAllDocuments(text).map((document) => document.toJS() as unknown);
  response.json({ objects: objects.length });
});
serve((request, response) => {
  app(request, response);
});
