import type { ControlPlane } from '../control-plane.ts';
import type { KubectlResult } from '../kubectl.ts';
import type { Json } from './objects.ts';

export const inAWhile = { timeoutMs: 30_000 };

/** kubectl by a line of words, with an object on standard input for `-f -`. */
export interface Commands {
  readonly cluster: () => ControlPlane;
  /** A command that fails is an answer. */
  readonly run: (line: string, object?: Json) => Promise<KubectlResult>;
  /** Gives what it prints; throws when it fails. */
  readonly kubectl: (line: string, object?: Json) => Promise<string>;
}

export function commandsOn(cluster: () => ControlPlane): Commands {
  const run: Commands['run'] = (line, object) =>
    cluster().kubectl(line.split(' '), object === undefined ? {} : { input: JSON.stringify(object) });
  return {
    cluster,
    run,
    kubectl: async (line, object) => {
      const { code, stdout, stderr } = await run(line, object);
      if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
      return stdout;
    },
  };
}

/**
 * Applies all of the manifests, and takes away again what judges image streams: no webhook runs here, and it fails closed.
 * Gives what the apply prints.
 */
export async function applyManifests({ kubectl }: Commands): Promise<string> {
  const applied = await kubectl('apply --server-side -k manifests');
  await kubectl('delete validatingwebhookconfiguration pinstream');
  return applied;
}
