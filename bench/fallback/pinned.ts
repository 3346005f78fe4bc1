import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { freshName } from '../load/body.ts';

/** One request outside the measurement: a server that leaves images alone is fast, too. */
export async function expectPinned(url: string, bodyFile: string, prefix = 'first'): Promise<void> {
  const sent = (await readFile(bodyFile, 'utf8')).replaceAll(freshName, prefix);
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const headers = { 'content-type': 'application/json' };
    const { body } = await request(`${url}/mutate`, { method: 'POST', headers, body: sent, dispatcher });
    const text = await body.text();
    const pinned = pinnedImages(text);
    if (pinned !== 3) throw new Error(`${url} pins ${pinned} of three images: ${text.slice(0, 2000)}`);
  } finally {
    await dispatcher.close();
  }
}

/** How many images of containers the patch of an AdmissionReview pins. */
function pinnedImages(text: string): number {
  const { response } = JSON.parse(text) as { readonly response?: { readonly patch?: string } };
  const patch = JSON.parse(Buffer.from(response?.patch ?? 'W10=', 'base64').toString()) as readonly {
    readonly path: string;
    readonly value?: unknown;
  }[];
  return patch.filter(
    ({ path, value }) =>
      path.endsWith('/image') && typeof value === 'string' && /@sha256:[0-9a-f]{64}$/.test(value),
  ).length;
}
