import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import {
  clusterOf,
  configs,
  deviations,
  expectationOf,
  expectedImages,
  imagesIn,
  integratedRegistry,
  requestOf,
  vectors,
  type AdmissionVector,
} from '../support/admission-vectors.ts';
import { startServer, type DenialStatus, type TestServer } from '../support/server.ts';

/** A denial in the words of the vectors: `policy` is the bare refusal, `resolution` one with an error behind a colon. */
function inWordsOfVectors(status: DenialStatus | undefined) {
  return (
    status && {
      httpStatus: status.code,
      reason: status.reason,
      causes: (status.details.causes ?? []).map(({ field, reason, message }) => ({
        field,
        type: reason,
        detail: message.endsWith('prohibited by policy') ? 'policy' : 'resolution',
      })),
    }
  );
}

function titleOf({ id, description }: AdmissionVector): string {
  const deviation = deviations[id];
  return deviation === undefined
    ? `${id} ${description}`
    : `${id} ${description} (departs: ${deviation.why})`;
}

/** What no patch may touch. */
function pullPolicies(object: object): readonly unknown[] {
  return JSON.stringify(object).match(/"imagePullPolicy":"\w+"/g) ?? [];
}

const byConfig = Map.groupBy(vectors, ({ config }) => config);

describe.each([...byConfig])('with configuration %s', (name, rows) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      config: {
        apiVersion: 'pinstream.dev/v1',
        kind: 'Configuration',
        imagePolicy: configs[name],
        internalRegistryHostname: integratedRegistry,
      },
    });
  });
  afterAll(() => server.stop());

  test.each(rows.map((vector) => [titleOf(vector), vector] as const))('%s', async (_title, vector) => {
    const { streams, images, namespaces } = clusterOf(vector);
    await server.setObjects([...streams, ...images, ...namespaces]);
    const request = requestOf(vector);

    const answer = await server.review('/mutate', request);
    const { denied } = expectationOf(vector);
    expect(inWordsOfVectors(answer.status)).toEqual(denied);
    expect(answer.allowed).toBe(denied === undefined);
    if (denied !== undefined || request.object === null) {
      expect(answer.patch).toEqual([]);
      return;
    }
    expect(answer.patchType).toBe(answer.patch.length === 0 ? undefined : 'JSONPatch');

    const admitted = jsonpatch.applyPatch<object>(request.object, [...answer.patch], true, false).newDocument;
    expect(imagesIn(vector, admitted)).toEqual(expectedImages(vector));
    expect(pullPolicies(admitted)).toEqual(pullPolicies(request.object));
    const again = await server.review('/mutate', { ...request, object: admitted });
    expect(again).toMatchObject({ allowed: true, patch: [] });
    const validated = await server.review('/validate', { ...request, object: admitted });
    expect(validated).toMatchObject({ allowed: true, patch: [] });
  });
});
