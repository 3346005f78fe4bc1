import { parseAllDocuments } from 'yaml';
import type { AuditEvent } from '../audit.ts';

/** One verb on one resource that a role gives one of our service accounts. */
export interface Right {
  readonly account: string;
  readonly verb: string;
  /** `resource[/subresource][.group]`, as `kubectl auth can-i` names it. */
  readonly resource: string;
  /** Only of the object with this name. */
  readonly name?: string;
  /** Only in this namespace; absent: in all. */
  readonly namespace?: string;
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface RbacObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
}

/** What `system:auth-delegator` is made of; it belongs to Kubernetes, not to the manifests. */
const authDelegator: readonly Rule[] = [
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

/** Every right that rendered manifests give to service accounts, in their order. */
export function grantedRights(rendered: string): readonly Right[] {
  const objects = parseAllDocuments(rendered).map((document) => document.toJS() as RbacObject);
  const rulesOf = ({ kind, name }: { readonly kind: string; readonly name: string }): readonly Rule[] => {
    if (name === 'system:auth-delegator') return authDelegator;
    const role = objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (role?.rules === undefined)
      throw new Error(`the manifests bind ${kind} ${name}, and have no rules for it`);
    return role.rules;
  };
  return objects.flatMap(({ kind, metadata, roleRef, subjects = [] }) => {
    if (roleRef === undefined) return [];
    const accounts = subjects.filter((subject) => subject.kind === 'ServiceAccount');
    const where = kind === 'RoleBinding' ? { namespace: metadata.namespace ?? '' } : {};
    return accounts.flatMap(({ name: account }) =>
      rulesOf(roleRef).flatMap((rule) => rightsOf(rule).map((right) => ({ account, ...right, ...where }))),
    );
  });
}

function rightsOf({
  apiGroups = [],
  resources = [],
  resourceNames,
  verbs,
}: Rule): readonly Omit<Right, 'account' | 'namespace'>[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) => {
        const right = { verb, resource: group === '' ? resource : `${resource}.${group}` };
        return resourceNames === undefined ? [right] : resourceNames.map((name) => ({ ...right, name }));
      }),
    ),
  );
}

/** Whether a request was allowed by this right, or could have been. */
export function isUseOf({ account, verb, resource, name, namespace }: Right, event: AuditEvent): boolean {
  const { objectRef = {}, user } = event;
  return (
    user.username.endsWith(`:${account}`) &&
    event.verb === verb &&
    resourceOf(objectRef) === resource &&
    (name === undefined || objectRef.name === name) &&
    (namespace === undefined || objectRef.namespace === namespace)
  );
}

/** `resource[/subresource][.group]`. */
export function resourceOf({
  apiGroup = '',
  resource = '',
  subresource,
}: NonNullable<AuditEvent['objectRef']>): string {
  const path = subresource === undefined ? resource : `${resource}/${subresource}`;
  return apiGroup === '' ? path : `${path}.${apiGroup}`;
}

/** One line for a right, to be compared and read. */
export function rightLine({ account, verb, resource, name, namespace }: Right): string {
  const which = name === undefined ? '' : ` "${name}"`;
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  return `${account}: ${verb} ${resource}${which}${where}`;
}
