import { asObject, isObject, objectAt, stringAt, type JsonObject } from '../json/untyped.ts';

/** What a Lease says of who leads. */
export interface LeaseRecord {
  /** Empty when it was released. */
  readonly holder: string;
  /** How long others wait after they have seen it change for the last time. */
  readonly durationMs: number;
  /** Another text means another record; never compared with a clock. */
  readonly version: string;
  /** As it was read, for the next write. */
  readonly object: JsonObject;
}

/** Reads a `coordination.k8s.io/v1` Lease; a field that is missing counts as a lease that nobody holds. */
export function readLease(object: unknown): LeaseRecord {
  const spec = objectAt(object, 'spec');
  const seconds = spec.leaseDurationSeconds;
  return {
    holder: stringAt(spec, 'holderIdentity') ?? '',
    durationMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : 0,
    version: stringAt(objectAt(object, 'metadata'), 'resourceVersion') ?? '',
    object: isObject(object) ? object : {},
  };
}

export interface LeaseClaim {
  readonly name: string;
  readonly namespace: string;
  /** Empty to release. */
  readonly holder: string;
  readonly durationMs: number;
  readonly nowMs: number;
}

/** The Lease to write: over `read`, whose other fields stay, or a new one. */
export function claimOf(read: LeaseRecord | undefined, claim: LeaseClaim): object {
  const { name, namespace, holder, durationMs, nowMs } = claim;
  const spec = objectAt(read?.object, 'spec');
  const transitions = typeof spec.leaseTransitions === 'number' ? spec.leaseTransitions : 0;
  const now = microTime(nowMs);
  const same = read?.holder === holder;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: read === undefined ? { name, namespace } : asObject(read.object.metadata),
    spec: {
      ...spec,
      holderIdentity: holder,
      leaseDurationSeconds: Math.max(1, Math.round(durationMs / 1000)),
      acquireTime: same ? (spec.acquireTime ?? now) : now,
      renewTime: now,
      // As client-go counts: a new holder is a transition, a release and the first holder are none.
      leaseTransitions: same || holder === '' || read === undefined ? transitions : transitions + 1,
    },
  };
}

/** The API's MicroTime: exactly six digits of a second. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
