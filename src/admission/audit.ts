import type { Resolution } from '../resolver/resolution.ts';
import type { ImageDecision } from './decision.ts';

/** One audit annotation an image: "containers.0" → what became of it and why. */
export function auditAnnotations(images: readonly ImageDecision[]): Readonly<Record<string, string>> {
  return Object.fromEntries(images.map(({ slot, resolution }) => [slot.key, auditLine(resolution)]));
}

function auditLine(resolution: Resolution): string {
  const { from, reason, source } = resolution;
  const change =
    resolution.outcome === 'rewritten' ? `${from} -> ${resolution.to}` : `${from} ${resolution.outcome}`;
  if (source === undefined) return `${change} (${reason})`;
  if (source.kind === 'Registry') return `${change} (${reason} ${source.name})`;
  const generation = source.generation === undefined ? '' : `, generation ${source.generation}`;
  return `${change} (${reason} ${source.namespace}/${source.name}${generation})`;
}
