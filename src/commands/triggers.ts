import type { JsonObject } from '../json/untyped.ts';
import { kindNamed } from '../workload/kinds.ts';
import type { ObjectKind } from './object-client.ts';
import { annotatedTriggers } from './triggers-annotation.ts';
import { deploymentConfigTriggers } from './triggers-deployment-config.ts';
import type { TriggerKeeper } from './trigger-keeper.ts';

/** Those of upstream, and those that follow here beside them (docs/triggers.md). */
const annotated = new Set([
  'deployments',
  'daemonsets',
  'statefulsets',
  'cronjobs',
  'replicationcontrollers',
  'pods',
  'jobs',
]);

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
