import type { DryRunResult, ImageResult, ObjectResult } from './dry-run.ts';

const headings = ['CONTAINER', 'REASON', 'IMAGE'] as const;
const gap = '   ';

/**
 * The answer for a terminal: a heading an object, a row an image, what there is to say below. Image names are long: what one
 * becomes stands under it, in the last column, so that the usual answer fits 80 columns.
 */
export function dryRunTable({ objects, notes = [] }: DryRunResult): string {
  const blocks = objects.length === 0 ? ['No objects in the input.\n'] : objects.map(objectBlock);
  return [...blocks, ...notes.map((note) => `note: ${printable(note)}\n`)].join('\n');
}

function objectBlock(object: ObjectResult): string {
  const { kind, namespace, name, allowed, images, message, warnings } = object;
  const where = namespace === '' ? '' : ` in ${namespace}`;
  const lines = [`${kind} ${name === '' ? '(no name)' : name}${where}: ${verdict(allowed, images)}`];
  if (images.length > 0)
    lines.push(...table([headings, ...images.flatMap((image) => imageRows(image, object))]));
  if (message !== undefined) lines.push(`  denied: ${message}`);
  lines.push(...warnings.map((warning) => `  warning: ${warning}`));
  return `${lines.map((line) => printable(line).trimEnd()).join('\n')}\n`;
}

/** Names and images come from files and clusters of others: what would move a terminal is shown as a question mark. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
}

function verdict(allowed: boolean, images: readonly ImageResult[]): string {
  if (!allowed) return 'DENIED';
  if (images.length === 0) return 'allowed, no images to resolve';
  const rewritten = images.filter(({ outcome }) => outcome === 'rewritten').length;
  return `allowed, ${rewritten} of ${images.length} ${images.length === 1 ? 'image' : 'images'} rewritten`;
}

function imageRows(image: ImageResult, object: ObjectResult): readonly (readonly string[])[] {
  const { container, from, to, outcome, reason } = image;
  const row = [container, reason, `${shortDigest(from)}${remark(image, object)}`];
  return outcome === 'rewritten' ? [row, ['', '', `→ ${shortDigest(to)}`]] : [row];
}

/** What the image's own name and the reason do not say already. */
function remark({ from, outcome, source }: ImageResult, { namespace }: ObjectResult): string {
  const remarks: string[] = outcome === 'rewritten' ? [] : [outcome];
  if (source?.kind === 'Registry') remarks.push(source.name);
  else if (source !== undefined && outcome === 'rewritten') {
    const name = source.namespace === namespace ? source.name : `${source.namespace}/${source.name}`;
    if (name !== from) remarks.push(name);
    if (source.generation !== undefined) remarks.push(`generation ${source.generation}`);
  }
  return remarks.length === 0 ? '' : ` (${remarks.join(', ')})`;
}

/** Twelve digits tell digests apart for the eye; JSON and YAML have all of them. */
function shortDigest(image: string): string {
  return image.replace(/(@sha\d+:[0-9a-fA-F]{12})[0-9a-fA-F]+$/, '$1…');
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(gap)}`);
}
