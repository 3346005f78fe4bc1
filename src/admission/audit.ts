import type { Resolution } from '../resolver/resolution.ts';
import type { ImageDecision } from './decision.ts';

/** One audit annotation an image: "containers.0" → what became of it and why. */
export function auditAnnotations(images: readonly ImageDecision[]): Readonly<Record<string, string>> {
  return Object.fromEntries(images.map(({ slot, resolution }) => [slot.key, auditLine(resolution)]));
}

/** The same as JSON, which takes less than making it of them: of images that are rewritten, lines are written once. */
export function auditAnnotationsJson(images: readonly ImageDecision[]): string {
  return `{${images.map(({ slot, resolution }) => `"${slot.key}":${auditLineJson(resolution)}`).join()}}`;
}

/** Resolutions that rewrite are remembered as long as their tag does not move; others are made anew each time. */
const linesJson = new WeakMap<Resolution, string>();

function auditLineJson(resolution: Resolution): string {
  const known = linesJson.get(resolution);
  if (known !== undefined) return known;
  const json = JSON.stringify(auditLine(resolution));
  if (resolution.outcome === 'rewritten') linesJson.set(resolution, json);
  return json;
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
