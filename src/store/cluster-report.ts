import type { ReflectorState } from '../kube/reflector.ts';
import type { Log } from '../telemetry/log.ts';
import type { ClusterResource } from './cluster-resources.ts';

/** The part of a state that is worth a log line when it changes. */
export type Told = Pick<ReflectorState, 'phase' | 'lastError'>;

/** Logs what changed between two states of one resource: its phase, and trouble that comes, changes or goes. */
export function logChange(
  log: Log,
  { name }: ClusterResource,
  before: Told,
  after: Told,
  listed: number,
): void {
  if (after.lastError !== undefined && after.lastError !== before.lastError) {
    const error = after.lastError;
    if (after.phase === 'synced')
      log.warn({ resource: name, error }, 'cannot follow the cluster; the last state stays in use');
    else log.warn({ resource: name, error }, 'cannot read from the cluster; trying on');
  }
  if (after.phase !== before.phase) logPhase(log, name, before, after, listed);
  else if (after.lastError === undefined && before.lastError !== undefined) {
    log.info({ resource: name }, 'following the cluster again');
  }
}

function logPhase(log: Log, resource: string, before: Told, after: Told, listed: number): void {
  if (after.phase === 'synced') log.info({ resource, listed }, 'read from the cluster');
  else if (before.phase === 'synced') log.info({ resource }, 'no longer served by this cluster; forgotten');
  else log.info({ resource }, 'not served by this cluster yet; looking again every 10 s');
}

/** What a reader of answers should know about one resource at `nowMs`; undefined when all is well. */
export function noteOf(resource: ClusterResource, state: ReflectorState, nowMs: number): string | undefined {
  const { label, optional } = resource;
  const { phase, lastError, lastContactMs } = state;
  if (phase === 'notServed')
    return `${label} are not served by this cluster${optional ? ' (no CRD yet)' : ''}`;
  if (phase === 'starting')
    return `${label} are not read yet${lastError === undefined ? '' : `: ${lastError}`}`;
  if (lastError === undefined) return undefined;
  return `${label} may be out of date: last heard of ${Math.round((nowMs - lastContactMs) / 1000)} s ago: ${lastError}`;
}
