import type { ResourcePolicy } from '../policy/resource-policy.ts';
import type { Reason } from '../resolver/reason.ts';
import { isObject, findObject } from '../json/untyped.ts';
import { isBuiltInOwner, kindOfResource, type WorkloadKind } from '../workload/kinds.ts';
import { controllerOwner } from '../workload/metadata.ts';
import { isExempt, type NamespaceFacts } from './namespace.ts';
import type { AdmissionRequest } from './request.ts';
import type { AdmissionSettings } from './settings.ts';

/** Whether, and as what, a request is looked at. */
export type Scope =
  | {
      readonly kind: 'judged';
      readonly workload: WorkloadKind;
      readonly policy: ResourcePolicy;
      readonly part: Part;
    }
  | { readonly kind: 'passed'; readonly reason: Extract<Reason, PassReason>; readonly message: string }
  /** The policy covers a resource that it cannot be applied to. */
  | { readonly kind: 'inapplicable'; readonly message: string };

type PassReason = 'NotCovered' | 'ExemptNamespace' | 'ControllerOwned';

/** The object itself, or only the ephemeral containers that are being added to it. */
export type Part = 'object' | 'ephemeralContainers';

/**
 * Decides it in upstream's order: namespace, subresource, coverage, owner, shape
 * (spec openshift-admission.md 3.1, 3.3, 4 and 5; vectors of sections D, E, F).
 */
export function scopeOf(
  request: AdmissionRequest,
  namespace: NamespaceFacts | undefined,
  settings: AdmissionSettings,
): Scope {
  const { operation, resource, subResource, object } = request;
  if (operation !== 'CREATE' && operation !== 'UPDATE')
    return passed('NotCovered', `${operation} is not looked at`);
  if (isExempt(request.namespace, namespace, settings.exemptNamespaces)) {
    return passed('ExemptNamespace', `namespace "${request.namespace}" is exempt from image policy`);
  }
  const part = partOf(request);
  if (part === undefined) return passed('NotCovered', `subresource ${subResource} is not looked at`);
  const policy = settings.imagePolicy(resource);
  if (!policy.covered) return passed('NotCovered', `the image policy does not cover ${named(resource)}`);
  const owner = part === 'object' ? passedOwner(request, settings.ownedPods) : undefined;
  if (owner !== undefined) return passed('ControllerOwned', `its controller, ${owner}, manages it`);
  const workload = kindOfResource(resource.group, resource.resource);
  if (workload === undefined || !hasShape(workload, object, request.oldObject)) {
    return {
      kind: 'inapplicable',
      message: `the image policy cannot be applied to ${named(resource)} without a pod template`,
    };
  }
  return { kind: 'judged', workload, policy, part };
}

function partOf({ resource, subResource, operation }: AdmissionRequest): Part | undefined {
  if (subResource === '') return 'object';
  const isPod = resource.group === '' && resource.resource === 'pods';
  return isPod && subResource === 'ephemeralcontainers' && operation === 'UPDATE'
    ? 'ephemeralContainers'
    : undefined;
}

/** The controller because of which the object is passed over, if there is one. */
function passedOwner({ object, resource }: AdmissionRequest, ownedPods: boolean): string | undefined {
  const owner = controllerOwner(object);
  if (owner === undefined) return undefined;
  const isPod = resource.group === '' && resource.resource === 'pods';
  if (ownedPods && isPod && !isBuiltInOwner(owner.group, owner.kind)) return undefined;
  return `${owner.kind} "${owner.name}"`;
}

function hasShape(
  { template = [], templateRequired }: WorkloadKind,
  object: unknown,
  oldObject: unknown,
): boolean {
  if (!isObject(object)) return false;
  if (templateRequired !== true) return true;
  return (
    findObject(object, template) !== undefined &&
    (!isObject(oldObject) || findObject(oldObject, template) !== undefined)
  );
}

function passed(reason: PassReason, message: string): Scope {
  return { kind: 'passed', reason, message };
}

function named({ group, resource }: AdmissionRequest['resource']): string {
  return group === '' ? resource : `${resource}.${group}`;
}
