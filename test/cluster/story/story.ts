import { eventually } from '../../support/eventually.ts';
import type { ControlPlane } from '../control-plane.ts';
import { commandsOn, type Commands } from '../manifests/commands.ts';
import type { Pinstream } from '../pinstream.ts';

/** What kubectl answers to a creation that is not stored. */
export interface Preview {
  readonly image: string;
  /** What it says besides: warnings, or why it was refused. */
  readonly said: string;
}

/** The words in which the story is told. Everything is in the namespace myproject unless it says otherwise. */
export interface Story extends Commands {
  readonly pinstream: () => Pinstream;
  /** The images of the containers of what `kubectl get` finds. */
  readonly images: (what: string) => Promise<readonly string[]>;
  /** What a Job with this image would be admitted with. */
  readonly preview: (image: string, namespace?: string) => Promise<Preview>;
  /** Prepends an image to the history of a tag, as an import does, and waits until Pinstream knows. */
  readonly moveTag: (stream: string, tag: string, image: string) => Promise<void>;
  readonly until: (describe: string, check: () => Promise<void>) => Promise<void>;
}

interface StreamObject {
  readonly status: { readonly tags: readonly TagHistory[] };
}

interface TagHistory {
  readonly tag: string;
  readonly items: readonly { readonly generation: number }[];
}

export function storyOn(cluster: () => ControlPlane, pinstream: () => Pinstream): Story {
  const commands = commandsOn(cluster);
  const { run, kubectl } = commands;
  const until: Story['until'] = (describe, check) => eventually(check, { describe, timeoutMs: 20_000 });
  const preview: Story['preview'] = async (image, namespace = 'myproject') => {
    const command = `create job preview --image=${image} -n ${namespace} --dry-run=server`;
    const { stdout, stderr } = await run(`${command} -o jsonpath={..containers[*].image}`);
    return { image: stdout, said: stderr.trim() };
  };
  return {
    ...commands,
    pinstream,
    until,
    preview,
    images: async (what) => {
      const found = await kubectl(`get ${what} -n myproject -o jsonpath={..containers[*].image}`);
      return found === '' ? [] : found.split(' ');
    },
    async moveTag(name, tag, image) {
      const stream = JSON.parse(await kubectl(`get is ${name} -n myproject -o json`)) as StreamObject;
      const tags = stream.status.tags.map((history) =>
        history.tag === tag ? withNext(history, image) : history,
      );
      await kubectl('replace --subresource=status -f -', { ...stream, status: { ...stream.status, tags } });
      await until(`${name}:${tag} has moved`, async () => {
        const now = await preview(`${name}:${tag}`);
        if (now.image !== image) throw new Error(`it is ${now.image}`);
      });
    },
  };
}

function withNext(history: TagHistory, dockerImageReference: string): TagHistory {
  const image = dockerImageReference.slice(dockerImageReference.indexOf('@') + 1);
  const generation = (history.items[0]?.generation ?? 0) + 1;
  const next = { created: new Date().toISOString(), dockerImageReference, image, generation };
  return { ...history, items: [next, ...history.items] };
}
