/** A CPU profile of V8 (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile), as far as it is read. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  /** The node that was running, and microseconds since the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function where it was called from; calls of one function at one place are one. */
export interface CallTree {
  readonly name: string;
  readonly url: string;
  /** Microseconds in itself, and with all that it called. */
  selfUs: number;
  totalUs: number;
  readonly children: Map<string, CallTree>;
}

/** Nothing to do; and what it takes to start and to end the profile. */
const leftOut = (name: string, url: string): boolean =>
  name === '(idle)' || (name === 'post' && url === 'node:inspector');

/** Who called whom for how long; time in which there was nothing to do, and the profiler's own, is left out. */
export function callTreeOf({ nodes, samples, timeDeltas }: CpuProfile): CallTree {
  const selfUs = new Map<number, number>();
  for (const [at, id] of samples.entries()) selfUs.set(id, (selfUs.get(id) ?? 0) + (timeDeltas[at] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const add = (id: number, into: CallTree): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const { functionName, url } = node.callFrame;
    if (leftOut(functionName, url)) return;
    const key = `${functionName} ${url}`;
    const tree = into.children.get(key) ?? treeOf(functionName, url);
    into.children.set(key, tree);
    tree.selfUs += selfUs.get(id) ?? 0;
    for (const child of node.children ?? []) add(child, tree);
  };
  const all = treeOf('all', '');
  for (const child of nodes[0]?.children ?? []) add(child, all);
  sumUp(all);
  return all;
}

function treeOf(functionName: string, url: string): CallTree {
  return {
    name: functionName === '' ? '(anonymous)' : functionName,
    url,
    selfUs: 0,
    totalUs: 0,
    children: new Map(),
  };
}

function sumUp(tree: CallTree): number {
  tree.totalUs = tree.selfUs;
  for (const child of tree.children.values()) tree.totalUs += sumUp(child);
  return tree.totalUs;
}
