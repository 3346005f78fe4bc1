import { Agent, request } from 'undici';
import type { Follower } from './follower.ts';

interface Page {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly unknown[];
}

const path = '/apis/image.openshift.io/v1/imagestreams';
const newline = 0x0a;

/**
 * The floor: the same pages and the same watch, read by undici and parsed.
 *
 * @param keeps whether what was parsed stays in memory
 */
export function bareFollower(server: string, keeps: boolean): Follower {
  const dispatcher = new Agent();
  const kept: unknown[] = [];
  let read = (): void => undefined;

  async function watch(): Promise<void> {
    const { body } = await request(`${server}${path}?watch=1`, { dispatcher, bodyTimeout: 0 });
    let rest: Buffer[] = [];
    for await (const chunk of body as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        JSON.parse(Buffer.concat([...rest, chunk.subarray(from, end)]).toString());
        rest = [];
        from = end + 1;
        read();
      }
      rest.push(chunk.subarray(from));
    }
  }

  return {
    async sync() {
      let token: string | undefined = '';
      while (token !== undefined) {
        const query: string = token === '' ? '' : `&continue=${token}`;
        const { body } = await request(`${server}${path}?limit=500${query}`, { dispatcher });
        const { metadata, items } = (await body.json()) as Page;
        if (keeps) kept.push(...items);
        token = metadata.continue;
      }
      void watch();
    },
    changes: (count) =>
      new Promise((resolve) => {
        let missing = count;
        read = () => {
          missing -= 1;
          if (missing === 0) resolve();
        };
      }),
  };
}
