import type { DryRunResult, ImageResult, ObjectResult } from './dry-run.ts';

const headings = ['CONTAINER', 'IMAGE', 'WOULD BE', 'REASON'] as const;
const gap = '   ';

/** The answer for a terminal: a heading an object, a row an image, what there is to say below. */
export function dryRunTable({ objects, notes = [] }: DryRunResult): string {
  if (objects.length === 0) return 'No objects in the input.\n';
  return [...objects.map(objectBlock), ...notes.map((note) => `note: ${note}\n`)].join('\n');
}

function objectBlock(object: ObjectResult): string {
  const { kind, namespace, name, allowed, images, message, warnings } = object;
  const where = namespace === '' ? '' : ` in ${namespace}`;
  const lines = [`${kind} ${name === '' ? '(no name)' : name}${where}: ${verdict(allowed, images)}`];
  if (images.length > 0) lines.push(...table([headings, ...images.map(imageRow)]));
  if (message !== undefined) lines.push(`  denied: ${message}`);
  lines.push(...warnings.map((warning) => `  warning: ${warning}`));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function verdict(allowed: boolean, images: readonly ImageResult[]): string {
  if (!allowed) return 'DENIED';
  if (images.length === 0) return 'allowed, no images to resolve';
  const rewritten = images.filter(({ outcome }) => outcome === 'rewritten').length;
  return `allowed, ${rewritten} of ${images.length} ${images.length === 1 ? 'image' : 'images'} rewritten`;
}

function imageRow({ container, from, to, outcome, reason, source }: ImageResult): readonly string[] {
  const evidence = source === undefined ? '' : ` ${source.namespace}/${source.name}`;
  const generation = source?.generation === undefined ? '' : `, generation ${source.generation}`;
  const result = { rewritten: shortDigest(to), unchanged: '(unchanged)', denied: '(denied)' }[outcome];
  return [container, shortDigest(from), result, `${reason}${evidence}${generation}`];
}

/** Twelve digits tell digests apart for the eye; JSON and YAML have all of them. */
function shortDigest(image: string): string {
  return image.replace(/(@sha\d+:[0-9a-fA-F]{12})[0-9a-fA-F]+$/, '$1…');
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(gap)}`);
}
