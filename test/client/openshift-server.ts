import { openShiftActions } from '../../src/client/openshift-actions.ts';
import type { ObjectKey } from '../../src/commands/object-client.ts';
import type { StreamActions, Wait } from '../../src/commands/stream-actions.ts';
import { asObject, type JsonObject } from '../../src/json/untyped.ts';
import { clusterObjects } from '../../src/store/cluster-objects.ts';
import { sendJson, startStubApiServer, type StubRequest } from '../support/api-server.ts';
import { createStubClient } from '../support/stub-client.ts';

export const key: ObjectKey = { namespace: 'demo', name: 'web' };

export const wait: Wait = { ms: 5_000, onProgress: () => undefined };

/** What the server says to a request; a number is that code, with a Status where it is a failure. */
export type Answer = number | { readonly code: number; readonly body: JsonObject };

export interface OpenShift {
  readonly actions: StreamActions;
  readonly requests: readonly StubRequest[];
  /** "PUT imagestreamtags", in order. */
  readonly calls: () => readonly string[];
  /** The body of the last request of that method and resource. */
  readonly bodyOf: (call: string) => JsonObject;
  readonly stop: () => Promise<void>;
}

const reasons: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  422: 'Invalid',
};

/**
 * OpenShift's API as scripted, and the actions on it. Answers of one call are given in order, the last one again and again;
 * what is not scripted is 500.
 */
export async function startOpenShift(
  script: Readonly<Record<string, Answer | readonly Answer[]>>,
): Promise<OpenShift> {
  const server = await startStubApiServer();
  const stub = createStubClient(server.url, { deadlineMs: 3_000 });
  const given = new Map<string, number>();
  server.answer((request, response) => {
    const call = callOf(request);
    const scripted = script[call];
    const answers: readonly Answer[] = Array.isArray(scripted)
      ? scripted
      : [(scripted as Answer | undefined) ?? 500];
    const count = given.get(call) ?? 0;
    given.set(call, count + 1);
    const answer = answers[Math.min(count, answers.length - 1)] ?? 500;
    if (typeof answer !== 'number') sendJson(response, answer.code, answer.body);
    else sendJson(response, answer, answer < 300 ? {} : failure(answer));
    return true;
  });
  return {
    actions: openShiftActions(stub.client, clusterObjects(stub.client), {
      patient: () => Promise.resolve(stub.client),
      interrupted: new AbortController().signal,
    }),
    requests: server.requests,
    calls: () => server.requests.map(callOf),
    bodyOf: (call) => {
      const request = server.requests.findLast((candidate) => callOf(candidate) === call);
      return asObject(JSON.parse(request?.body ?? 'null'));
    },
    stop: async () => {
      await stub.close();
      await server.stop();
    },
  };
}

function callOf({ method, path }: StubRequest): string {
  return `${method} ${/^\/apis\/image\.openshift\.io\/v1\/namespaces\/demo\/(\w+)/.exec(path)?.[1] ?? path}`;
}

function failure(code: number): JsonObject {
  const reason = reasons[code] ?? 'InternalError';
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason,
    message: `${reason} (scripted)`,
  };
}

/** A stream with a spec tag `1`; `fields` in place of these. */
export function webStream(fields: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'web', namespace: 'demo', resourceVersion: '7' },
    spec: { tags: [{ name: '1', from: { kind: 'DockerImage', name: 'reg.test/web:1' }, generation: 3 }] },
    ...fields,
  };
}
