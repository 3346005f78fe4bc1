import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { eventually } from '../../support/eventually.ts';
import type { ControlPlane } from '../control-plane.ts';
import { root } from './root.ts';

/**
 * Applies the namespaces and streams of `examples/` and waits until objects can be created in them. Throws with kubectl's
 * words.
 */
export async function applyExamples({ kubectl }: ControlPlane): Promise<void> {
  const streams = join(root, 'examples/imagestreams');
  const run = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  };
  await run('apply', '--server-side', '-f', join(root, 'examples/00-namespaces.yaml'));
  await run('apply', '--server-side', '-f', streams);
  // Status is a subresource: the apply before dropped it.
  await run('apply', '--server-side', '--subresource=status', '-f', streams);
  await eventually(() => run('get', 'serviceaccount', 'default', '-n', 'myproject'), {
    describe: 'the service account of myproject, without which no Pod is made',
    timeoutMs: 30_000,
  });
}

export interface StreamStatus {
  readonly tags: readonly {
    readonly tag: string;
    readonly items: readonly { readonly dockerImageReference: string }[];
  }[];
}

/** The exact image that a tag of an example stands for; `back` steps ago when told. */
export function exampleImage(stream: string, tag: string, back = 0): string {
  const text = readFileSync(join(root, 'examples/imagestreams', `${stream}.yaml`), 'utf8');
  const { status } = parse(text) as { readonly status: StreamStatus };
  const image = status.tags.find((entry) => entry.tag === tag)?.items[back]?.dockerImageReference;
  if (image === undefined)
    throw new Error(`examples/imagestreams/${stream}.yaml: tag ${tag} has no image ${back} back`);
  return image;
}
