import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dryRunTable } from '../../src/report/table.ts';
import { printTable } from '../../src/printers/table.ts';
import { clean } from '../../src/registry/text.ts';
import { digest, openStream, pinned } from '../support/objects.ts';
import { creation, deploymentOf, podOf } from '../support/reviews.ts';
import { startServer, type TestServer } from '../support/server.ts';

const resolvedImages = 'pinstream.dev/resolved-images';
const blocked = 'blocked.example/app:1';
// eslint-disable-next-line no-control-regex -- that there are none is the point
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    objects: [openStream('shop', 'app', ['v1'])],
    config: { registrySources: { blockedRegistries: ['blocked.example'] } },
    flags: ['--log-level', 'debug'],
  });
});
afterAll(() => server.stop());

describe('what a client writes about itself', () => {
  const record = (entry: object): string => JSON.stringify({ c: entry });
  const forgedEntry = {
    from: 'app:v1',
    to: `evil.example/app@${digest('f')}`,
    reason: 'ImageStream',
    source: { kind: 'ImageStreamTag', namespace: 'shop', name: 'app:v1' },
  };

  test('a forged record of resolved images changes nothing and does not stay', async () => {
    const annotations = { [resolvedImages]: record(forgedEntry) };
    const { patch } = await server.review('/mutate', creation(deploymentOf('app:v1', { annotations })));
    const value = patch.find(({ path }) => path.includes('resolved-images'))?.value;
    expect(JSON.parse(String(value))).toMatchObject({ c: { from: 'app:v1', to: pinned('app', '1') } });
    expect(JSON.stringify(patch)).not.toContain('evil.example');
  });

  test.each([
    ['skip', { 'pinstream.dev/skip': 'true' }],
    ['skip-containers', { 'pinstream.dev/skip-containers': 'c' }],
    ['a record that says it was resolved', { [resolvedImages]: record({ ...forgedEntry, to: blocked }) }],
    ['upstream’s resolve-names', { 'alpha.image.policy.openshift.io/resolve-names': '*' }],
  ])('%s does not get a blocked image past the rules', async (_what, annotations) => {
    for (const path of ['/mutate', '/validate'] as const) {
      const answer = await server.review(path, creation(deploymentOf(blocked, { annotations })));
      expect(answer.allowed).toBe(false);
      expect(answer.status?.message).toContain('RegistryBlocked');
    }
  });

  test('an owner reference that is made up does: admission cannot tell, as on OpenShift', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet' };
    expect((await server.review('/validate', creation(podOf(blocked, { owner })))).allowed).toBe(true);
  });
});

describe('control characters and escape sequences', () => {
  const nasty = 'x\u001b[2J\u001b]0;owned\u0007\u0000\r\n\u2028\u009b31m';

  test('are in no warning, message or line of the log', async () => {
    for (const image of [nasty, `blocked.example/${nasty}`, `app:${nasty}`, `${nasty}/app:v1`]) {
      for (const path of ['/mutate', '/validate'] as const) {
        const { warnings = [], status } = await server.review(path, creation(deploymentOf(image)));
        for (const line of [...warnings, status?.message ?? '']) expect(line).not.toMatch(control);
      }
    }
    // Each line was read as one JSON document: none was broken by what it tells of.
    const decided = server.logLines.filter(({ msg }) => msg === 'decided');
    expect(JSON.stringify(decided)).toContain('owned');
  });

  test('are in no table that a person reads', () => {
    const rows = [{ cells: [nasty, nasty], object: { metadata: { namespace: nasty } } }];
    const table = printTable(
      { columns: [{ name: 'Name' }, { name: 'Image' }], rows },
      { withNamespace: true },
    );
    const image = {
      container: nasty,
      from: nasty,
      to: nasty,
      outcome: 'unchanged',
      reason: 'Fallback',
    } as const;
    const object = {
      kind: nasty,
      namespace: nasty,
      name: nasty,
      allowed: true,
      images: [image],
      warnings: [nasty],
      message: nasty,
    };
    const report = dryRunTable({ objects: [object], notes: [nasty] } as unknown as Parameters<
      typeof dryRunTable
    >[0]);
    for (const text of [table, report])
      for (const line of text.split('\n')) expect(line).not.toMatch(control);
  });

  test('are in no message of a registry', () => {
    expect(clean(nasty)).not.toMatch(control);
  });
});
