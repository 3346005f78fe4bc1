import type { CallTree } from './call-tree.ts';

/** What a program spends its time on, as a reader of the profile thinks of it. */
export const parts = [
  'HTTPS',
  'express',
  'reading the review',
  'decision',
  'answer',
  'metrics',
  'garbage',
  'other',
] as const;
export type Part = (typeof parts)[number];

const folders: readonly (readonly [pattern: RegExp, part: Part])[] = [
  [/\/src\/json\/prune\.ts$/, 'reading the review'],
  [
    /\/src\/(?:admission|resolver|imagestream|reference|workload|policy|trigger|store|json|fallback)\//,
    'decision',
  ],
  [/\/src\/telemetry\/|\/prom-client\//, 'metrics'],
  [/\/src\/(?:webhook|server)\//, 'answer'],
  [/\/node_modules\/(?:express|router|parseurl|path-to-regexp|finalhandler)\//, 'express'],
  [/^node:/, 'HTTPS'],
];

/**
 * What a function is part of: what it does itself, else what its caller is part of, as with what belongs to no file. Outside of
 * JavaScript there are the sockets and OpenSSL.
 */
export function partOf({ name, url }: Pick<CallTree, 'name' | 'url'>, callers: Part | undefined): Part {
  if (name === '(garbage collector)') return 'garbage';
  if (name === '(program)') return 'HTTPS';
  // V8 counts what it does itself for the caller, and these do nothing but have a body parsed.
  if (/^(?:admit|parseReview|pruned)$/.test(name) && url.endsWith('/src/webhook/admit.ts'))
    return 'reading the review';
  const own = folders.find(([pattern]) => pattern.test(url))?.[1];
  // What Node does for a handler, a write or a timer, is the cost of HTTPS; what a decision calls of Node is the decision's.
  if (own === 'HTTPS' && callers === 'decision') return 'decision';
  return own ?? callers ?? 'other';
}

/** The share of each part in all, by what its functions did themselves. */
export function sharesOf(tree: CallTree): ReadonlyMap<Part, number> {
  const selfUs = new Map<Part, number>();
  const add = (node: CallTree, callers: Part | undefined): void => {
    const part = partOf(node, callers);
    selfUs.set(part, (selfUs.get(part) ?? 0) + node.selfUs);
    for (const child of node.children.values()) add(child, part);
  };
  for (const child of tree.children.values()) add(child, undefined);
  return new Map(parts.map((part) => [part, (selfUs.get(part) ?? 0) / tree.totalUs]));
}
