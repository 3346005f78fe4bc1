import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { triggersAnnotation } from '../../src/trigger/annotation.ts';
import { triggerFieldManager } from '../../src/trigger/follow.ts';
import { closedStream, pinned } from '../support/objects.ts';
import { creation, deploymentOf, update } from '../support/reviews.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Triggers as an API server asks about them; the rules themselves: test/admission/triggers.test.ts. */
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ objects: [closedStream('shop', 'app', ['v1'])] });
});
afterAll(() => server.stop());

const image = '/spec/template/spec/containers/0/image';
const following = (held: string, container: string, more: Readonly<Record<string, string>> = {}) => {
  const from = { kind: 'ImageStreamTag', name: 'app:v1' };
  const fieldPath = `spec.template.spec.containers[?(@.name=="${container}")].image`;
  const annotations = { [triggersAnnotation]: JSON.stringify([{ from, fieldPath }]), ...more };
  return deploymentOf(held, { annotations });
};

test('the first rollout of a triggered workload is the right one already', async () => {
  const { allowed, patch, auditAnnotations } = await server.review('/mutate', creation(following(' ', 'c')));
  expect(allowed).toBe(true);
  expect(patch[0]).toEqual({ op: 'replace', path: image, value: pinned('app', '1') });
  expect(auditAnnotations).toEqual({
    'containers.0': `  -> ${pinned('app', '1')} (Trigger shop/app:v1, generation 1)`,
  });
});

test.each(['/mutate', '/validate'] as const)(
  '%s refuses a bad annotation with the exact place',
  async (path) => {
    const { allowed, status } = await server.review(path, creation(following('app:v1', 'db')));
    const field = `metadata.annotations[${triggersAnnotation}][0].fieldPath`;
    expect(allowed).toBe(false);
    expect(status).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: expect.stringContaining(`${field}: no such container`) as unknown,
      details: { causes: [{ reason: 'FieldValueInvalid', field }] },
    });
  },
);

test.each([
  ['a person’s image is written back where that is asked for', 'kubectl-edit', 1],
  ['the controller’s is not: it may know of a move that is not known here yet', triggerFieldManager, 0],
])('%s', async (_title, fieldManager, patches) => {
  const enforce = { 'pinstream.dev/trigger-mode': 'enforce' };
  const old = following(pinned('app', '1'), 'c', enforce);
  const request = update(old, following(pinned('app', '2'), 'c', enforce));
  const { patch } = await server.review('/mutate', { ...request, options: { fieldManager } });
  expect(patch.filter(({ path }) => path === image)).toHaveLength(patches);
});
