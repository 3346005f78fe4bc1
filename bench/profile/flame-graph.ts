import type { CallTree } from './call-tree.ts';
import { partOf, parts, type Part } from './parts.ts';

const width = 1200;
const rowHeight = 16;
const legendHeight = 28;
/** What is narrower is left out. */
const widthMin = 0.6;
const characterWidth = 6.2;

const colours: Readonly<Record<Part, string>> = {
  HTTPS: '#b9c4d0',
  express: '#d9b38c',
  'reading the review': '#e8c547',
  decision: '#8cbf88',
  answer: '#9cc3e6',
  metrics: '#c9a7d8',
  garbage: '#e39a9a',
  other: '#e2e2e2',
};

/**
 * A flame graph (https://www.brendangregg.com/flamegraphs.html): who called whom from the top down, as wide as it took; callers
 * that took most come first. Pointing at a function tells its share.
 */
export function flameGraph(tree: CallTree, title: string): string {
  const rects: string[] = [];
  let deepest = 0;
  const draw = (node: CallTree, x: number, depth: number, callers: Part | undefined): void => {
    const own = (node.totalUs / tree.totalUs) * width;
    if (own < widthMin) return;
    deepest = Math.max(deepest, depth);
    const part = depth === 0 ? undefined : partOf(node, callers);
    rects.push(
      rectOf(node, { x, y: legendHeight + depth * rowHeight, width: own }, part, node.totalUs / tree.totalUs),
    );
    let at = x;
    for (const child of [...node.children.values()].toSorted((a, b) => b.totalUs - a.totalUs)) {
      draw(child, at, depth + 1, part);
      at += (child.totalUs / tree.totalUs) * width;
    }
  };
  draw(tree, 0, 0, undefined);
  const height = legendHeight + (deepest + 1) * rowHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="10">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts.map(legendOf),
    ...rects,
    '</svg>\n',
  ].join('\n');
}

function legendOf(part: Part, index: number): string {
  const x = 4 + index * 130;
  return `<rect x="${x}" y="6" width="12" height="12" fill="${colours[part]}"/><text x="${x + 16}" y="16">${part}</text>`;
}

function rectOf(
  { name, url }: CallTree,
  place: { readonly x: number; readonly y: number; readonly width: number },
  part: Part | undefined,
  share: number,
): string {
  const fill = part === undefined ? '#ffffff' : colours[part];
  const [x, w] = [place.x.toFixed(1), place.width.toFixed(1)];
  const room = Math.floor((place.width - 4) / characterWidth);
  const text = room < 3 ? '' : name.length <= room ? name : `${name.slice(0, room - 1)}…`;
  const label =
    text === '' ? '' : `<text x="${(place.x + 2).toFixed(1)}" y="${place.y + 12}">${escaped(text)}</text>`;
  const told = `${name} ${placeOf(url)}: ${(share * 100).toFixed(1)} %`;
  return `<g><title>${escaped(told)}</title><rect x="${x}" y="${place.y}" width="${w}" height="${rowHeight - 1}" fill="${fill}"/>${label}</g>`;
}

/** Where a file is in the project; nothing of the machine. */
function placeOf(url: string): string {
  return /(?:\/(?=src\/|node_modules\/)|^(?=node:))(?:node_modules\/)?(.*)$/.exec(url)?.[1] ?? '';
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
