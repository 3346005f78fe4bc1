import type { AskedObject } from '../admission/asked-object.ts';
import type { AdmissionDecision } from '../admission/decision.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageSlot } from '../workload/images.ts';

/** What keeps an object from being what a pipeline may ship: one sentence for each image without a digest, or the denial. */
export function objections(
  asked: Pick<AskedObject, 'kind' | 'name'>,
  { images, denial }: AdmissionDecision,
): readonly string[] {
  if (denial !== undefined) return [`${objectName(asked)} would be denied: ${denial.message}`];
  return images.flatMap(({ slot, resolution }) => {
    const image = resolution.outcome === 'rewritten' ? resolution.to : resolution.from;
    if (isPinned(image)) return [];
    const { reason, message } = resolution;
    const became = image === resolution.from ? '' : `, which becomes ${image},`;
    return [
      `${objectName(asked)}, ${slotName(slot)}: "${resolution.from}"${became} is not pinned: ${message} (${reason})`,
    ];
  });
}

/** "Deployment web" */
export function objectName({ kind, name }: Pick<AskedObject, 'kind' | 'name'>): string {
  return `${kind} ${name === '' ? '(no name)' : name}`;
}

export function isPinned(image: string): boolean {
  const parsed = parseReference(image);
  return parsed.ok && parsed.reference.id !== '';
}

function slotName({ role, container, field }: ImageSlot): string {
  if (role === 'build') return field;
  return role === 'volumes'
    ? `image volume "${container.replace(/^volume:/, '')}"`
    : `container "${container}"`;
}
