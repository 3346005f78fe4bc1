import { pushImage } from '../../support/oci-images.ts';
import { startRegistry, type Registry } from '../registry.ts';

export const jane = { username: 'jane', password: 'first-password' } as const;

/** Two real registries with different content, one of which asks who comes. */
export interface SearchedRegistries {
  readonly open: Registry;
  readonly guarded: Registry;
  /** The image by its registry and name, as it is pinned. */
  pinned(where: string): string;
}

/** What there is, and that the content of each is different. */
const inOpen = ['web', 'again'];
const inGuarded = ['crew/web', 'crew/again', 'crew/only', 'team/own'];

export async function startSearchedRegistries(): Promise<SearchedRegistries> {
  const auth = { kind: 'htpasswd', user: jane.username, password: jane.password } as const;
  const [open, guarded] = await Promise.all([startRegistry(), startRegistry({ auth })]);
  const pins = new Map<string, string>();
  for (const [registry, repositories] of [
    [open, inOpen],
    [guarded, inGuarded],
  ] as const) {
    for (const repository of repositories) {
      const name = `${registry.host}/${repository}`;
      const image = { os: 'linux', architecture: 'amd64', labels: { name } };
      const { digest } = await pushImage({ url: registry.url, credential: jane }, repository, '1', image);
      pins.set(name, `${name}@${digest}`);
    }
  }
  return {
    open,
    guarded,
    pinned(where) {
      const pin = pins.get(where);
      if (pin === undefined) throw new Error(`no image ${where}; there are ${[...pins.keys()].join(', ')}`);
      return pin;
    },
  };
}
