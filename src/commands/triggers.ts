import type { JsonObject } from '../json/untyped.ts';
import { kindNamed } from '../workload/kinds.ts';
import type { ObjectKind } from './object-client.ts';
import { annotatedTriggers } from './triggers-annotation.ts';
import { deploymentConfigTriggers } from './triggers-deployment-config.ts';
import type { FollowedTag, TriggerOrder } from './triggers-order.ts';

/** The triggers of an object, wherever its kind keeps them. */
export interface TriggerView {
  /** Whether a change of the pod template rolls out by itself: a Deployment that is not paused. */
  readonly config: boolean;
  readonly images: readonly ImageTriggerView[];
}

export interface ImageTriggerView {
  readonly from: FollowedTag;
  readonly containers: readonly string[];
  readonly auto: boolean;
  /** Why it can never do anything. */
  readonly problem?: string;
}

export type ReadView =
  { readonly ok: true; readonly view: TriggerView } | { readonly ok: false; readonly error: string };

export type ChangedTriggers =
  /** Undefined: it is as asked already. */
  | { readonly ok: true; readonly object: JsonObject | undefined }
  | { readonly ok: false; readonly error: string };

/** Where a kind keeps its triggers. */
export interface TriggerKeeper {
  readonly read: (object: JsonObject) => ReadView;
  readonly change: (object: JsonObject, order: Exclude<TriggerOrder, { action: 'list' }>) => ChangedTriggers;
}

const annotated = new Set(['deployments', 'daemonsets', 'statefulsets', 'cronjobs']);

/** Undefined: upstream has no triggers for this kind (spec imagestream-system.md 4.3). */
export function triggersOf(kind: ObjectKind): TriggerKeeper | undefined {
  const workload = kindNamed(kind.group, kind.kind);
  if (workload === undefined) return undefined;
  if (kind.resource === 'deploymentconfigs') return deploymentConfigTriggers(workload);
  return annotated.has(kind.resource) ? annotatedTriggers(workload) : undefined;
}

/** The rows of an object in the table NAME, TYPE, VALUE, AUTO. */
export function triggerRows(
  kind: ObjectKind,
  name: string,
  object: JsonObject,
): readonly (readonly string[])[] {
  const place = `${kind.resource}/${name}`;
  const read = triggersOf(kind)?.read(object);
  if (read?.ok !== true) return [[place, '<error>', '', 'false']];
  const images = read.view.images.map(({ from, containers, auto, problem }) => {
    const tag = from.namespace === '' ? from.name : `${from.namespace}/${from.name}`;
    const whose = problem ?? containers.join(', ');
    return [place, 'image', whose === '' ? tag : `${tag} (${whose})`, String(auto && problem === undefined)];
  });
  return [[place, 'config', '', String(read.view.config)], ...images];
}
