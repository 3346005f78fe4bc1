import { Agent } from 'undici';
import type { KubeClient } from '../../src/kube/client.ts';
import { createHttpClient, type HttpClientOptions } from '../../src/kube/http-client.ts';

/** A KubeClient on plain HTTP without credentials, with connections of its own that `close` breaks. */
export function createStubClient(
  server: string,
  options: Partial<HttpClientOptions> = {},
): { readonly client: KubeClient; close(): Promise<void> } {
  const dispatcher = new Agent();
  const client = createHttpClient({
    server,
    credentials: () => Promise.resolve({ headers: { authorization: 'Bearer sesame' }, dispatcher }),
    userAgent: 'pinstream/test',
    ...options,
  });
  return { client, close: () => dispatcher.destroy() };
}
