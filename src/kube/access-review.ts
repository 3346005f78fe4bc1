import type { KubeClient } from './client.ts';
import { asObject, objectAt, stringAt, type JsonObject } from '../json/untyped.ts';

/** Who a token belongs to or a request comes from, as the API server says. */
export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants to do; `namespace` is '' for all namespaces and for cluster-scoped resources. */
export interface Access {
  readonly group: string;
  readonly resource: string;
  /** Absent: the resource itself. */
  readonly subresource?: string;
  readonly namespace: string;
  /** Absent: all objects. */
  readonly name?: string;
  readonly verb: string;
}

/** TokenReview: the user of a bearer token, undefined when the cluster does not know it. Throws as `client.create`. */
export async function authenticate(client: KubeClient, token: string): Promise<User | undefined> {
  const review = await client.create('/apis/authentication.k8s.io/v1/tokenreviews', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token },
  });
  const status = objectAt(review, 'status');
  return status.authenticated === true ? readUser(status.user) : undefined;
}

/** Reads a UserInfo of the API server; undefined where it names nobody. */
export function readUser(userInfo: unknown): User | undefined {
  const user = asObject(userInfo);
  const username = stringAt(user, 'username');
  if (username === undefined) return undefined;
  return { username, uid: stringAt(user, 'uid') ?? '', groups: strings(user.groups), extra: extraOf(user) };
}

/** SubjectAccessReview: whether the cluster lets `user` do `access`. Throws as `client.create`. */
export async function mayGet(client: KubeClient, user: User, access: Access): Promise<boolean> {
  const review = await client.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: user.username,
      uid: user.uid,
      groups: user.groups,
      extra: user.extra,
      resourceAttributes: access,
    },
  });
  return objectAt(review, 'status').allowed === true;
}

function extraOf(user: JsonObject): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(objectAt(user, 'extra')).map(([key, values]) => [key, strings(values)]),
  );
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
