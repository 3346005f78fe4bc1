import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { clusterSourceAccess } from '../../src/webhook/cluster-access.ts';
import type { FieldError, Judgement } from '../../src/imagestream/validation.ts';
import { reviewStream, type WaitingTurn } from '../../src/webhook/validate-stream.ts';
import { sendJson, startStubApiServer, type StubApiServer } from '../support/api-server.ts';
import { openStream } from '../support/objects.ts';
import { creation, podOf, update, type Workload } from '../support/reviews.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { createStubClient } from '../support/stub-client.ts';

const request = {
  operation: 'CREATE',
  resource: { group: 'image.openshift.io', resource: 'imagestreams' },
  subResource: '',
  kind: 'ImageStream',
  namespace: 'demo',
  name: 'web',
  object: {},
};
const source = (name: string, field = 'f') => ({ stream: { namespace: 'base', name }, field });
const nothing: Judgement = { errors: [], warnings: [], foreignSources: [] };

const always: WaitingTurn = { wait: () => undefined, waited: () => undefined };

const review = (
  judgement: Partial<Judgement>,
  mayFollow: (name: string) => boolean = () => true,
  turn = always,
) => {
  const asked: string[] = [];
  const answer = reviewStream(
    request,
    { username: 'jane' },
    {
      judge: () => ({ ...nothing, ...judgement }),
      sourceAccess: {
        mayFollow: (_user, { name }) => {
          asked.push(name);
          return Promise.resolve(mayFollow(name));
        },
      },
    },
    turn,
  );
  return { asked, answer };
};

describe('the review of an image stream', () => {
  const invalid: FieldError = { reason: 'FieldValueInvalid', field: 'spec.x', message: 'is wrong' };

  test('without anything to say is an admission', async () => {
    await expect(review({}).answer).resolves.toEqual({
      ok: true,
      decision: { patch: [], images: [], warnings: [] },
    });
  });

  test('refuses what is wrong, each with its field', async () => {
    await expect(
      review({ errors: [invalid, { ...invalid, field: 'spec.y' }] }).answer,
    ).resolves.toMatchObject({
      decision: {
        denial: {
          code: 422,
          reason: 'Invalid',
          message: 'spec.x: is wrong; spec.y: is wrong',
          causes: [invalid, { ...invalid, field: 'spec.y' }],
        },
      },
    });
  });

  test('asks once for each stream of another namespace, whatever else is wrong, and tells who may not nothing more', async () => {
    const foreignSources = [source('a', 'x'), source('b', 'y'), source('a', 'z')];
    const { asked, answer } = review({ errors: [invalid], foreignSources }, (name) => name !== 'a');
    await expect(answer).resolves.toMatchObject({
      decision: { denial: { code: 403, reason: 'Forbidden', causes: [{ field: 'x' }, { field: 'z' }] } },
    });
    expect(JSON.stringify(await answer)).not.toContain('is wrong');
    expect(asked).toEqual(['a', 'b']);
  });

  test('asks nobody about more than 100 streams at once', async () => {
    const foreignSources = Array.from({ length: 101 }, (_, index) => source(`s${index}`));
    const { asked, answer } = review({ foreignSources });
    await expect(answer).resolves.toMatchObject({ decision: { denial: { code: 422 } } });
    expect(asked).toEqual([]);
    await expect(review({ foreignSources: foreignSources.slice(1) }).answer).resolves.toMatchObject({
      decision: { warnings: [] },
    });
  });

  test('cannot decide when nobody can say', async () => {
    const answer = reviewStream(
      request,
      {},
      {
        judge: () => ({ ...nothing, foreignSources: [source('a')] }),
        sourceAccess: { mayFollow: () => Promise.reject(new Error('no answer')) },
      },
      always,
    );
    await expect(answer).resolves.toEqual({ ok: false, reason: 'no answer' });
  });

  test('asks nobody when too many wait already; what needs nobody is judged all the same', async () => {
    const full: WaitingTurn = { wait: () => 'concurrency', waited: () => expect(true).toBe(false) };
    const { asked, answer } = review({ foreignSources: [source('a')] }, undefined, full);
    await expect(answer).resolves.toEqual({ ok: false, shed: 'concurrency' });
    expect(asked).toEqual([]);
    await expect(review({ errors: [invalid] }, undefined, full).answer).resolves.toMatchObject({
      decision: { denial: { code: 422 } },
    });
  });

  test('gives its place back, also when nobody can say', async () => {
    for (const mayFollow of [() => true, () => Promise.reject(new Error('no answer')) as never]) {
      const waited = jest.fn();
      await review({ foreignSources: [source('a')] }, mayFollow, { ...always, waited }).answer;
      expect(waited).toHaveBeenCalledTimes(1);
    }
  });

  test.each([
    [9, 9],
    [10, 10],
    [40, 10],
  ])('of %i warnings shows %i lines that fit', async (count, lines) => {
    const warnings = Array.from({ length: count }, (_, index) => `${index} ${'x'.repeat(200)}`);
    const answer = await review({ warnings }).answer;
    const shown = answer.ok ? answer.decision.warnings : [];
    expect(shown).toHaveLength(lines);
    expect(Math.max(...shown.map((line) => line.length))).toBe(120);
    if (count > 9) expect(shown.at(-1)).toBe(`+${count - 9} more warnings`);
  });
});

describe('who may follow a stream, on a cluster', () => {
  let server: StubApiServer;
  let connection: ReturnType<typeof createStubClient>;
  beforeEach(async () => {
    server = await startStubApiServer();
    connection = createStubClient(server.url);
  });
  afterEach(async () => {
    await connection.close();
    await server.stop();
  });

  test.each([true, false])('is asked of the API server for the user of the request: %s', async (allowed) => {
    server.answer((_request, response) => (sendJson(response, 201, { status: { allowed } }), true));
    const user = { groups: ['dev'], extra: { scope: ['a'] } };
    const access = clusterSourceAccess(connection.client);
    await expect(
      access.mayFollow({ ...user, username: 'jane' }, { namespace: 'base', name: 'os' }),
    ).resolves.toBe(allowed);
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      kind: 'SubjectAccessReview',
      spec: {
        user: 'jane',
        ...user,
        resourceAttributes: {
          group: 'image.openshift.io',
          resource: 'imagestreams',
          subresource: 'layers',
          namespace: 'base',
          name: 'os',
          verb: 'get',
        },
      },
    });
  });

  test('nobody may, and nobody is asked', async () => {
    const access = clusterSourceAccess(connection.client);
    await expect(access.mayFollow(undefined, { namespace: 'base', name: 'os' })).resolves.toBe(false);
    expect(server.requests).toEqual([]);
  });
});

describe('/validate of the running program', () => {
  let server: TestServer;
  beforeAll(async () => {
    const allowedRegistriesForImport = [{ domainName: '*.acme.test' }];
    server = await startServer({
      objects: [openStream('base', 'os', ['9'])],
      config: { allowedRegistriesForImport },
    });
  });
  afterAll(async () => {
    await server.stop();
  });
  const streamOf = (tags: readonly object[]): Workload => ({
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name: 'web' },
    spec: { tags },
  });
  const follows = (name: string, followed: string, namespace?: string) => ({
    name,
    from: { kind: 'ImageStreamTag', name: followed, ...(namespace === undefined ? {} : { namespace }) },
  });

  test('refuses a circle, and names it', async () => {
    const answer = await server.review(
      '/validate',
      creation(streamOf([follows('a', 'b'), follows('b', 'a')])),
    );
    const cause = {
      reason: 'FieldValueInvalid',
      field: 'spec.tags[a].from.name',
      message: 'tags a -> b -> a follow each other in a circle',
    };
    expect(answer).toMatchObject({
      allowed: false,
      patch: [],
      status: {
        code: 422,
        reason: 'Invalid',
        message: `${cause.field}: ${cause.message}`,
        details: { name: 'web', group: 'image.openshift.io', kind: 'ImageStream', causes: [cause] },
      },
    });
  });

  test('knows the streams of other namespaces; files have no access control', async () => {
    const found = await server.review('/validate', creation(streamOf([follows('a', 'os:9', 'base')])));
    expect(found).toMatchObject({ allowed: true });
    expect(found).not.toHaveProperty('warnings');
    const missing = await server.review('/validate', creation(streamOf([follows('a', 'none:9', 'base')])));
    expect(missing).toMatchObject({
      allowed: false,
      status: { details: { causes: [{ reason: 'FieldValueNotFound' }] } },
    });
  });

  test.each([
    ['reg.acme.test/crew/web:1', []],
    [
      'quay.io/team/app:1',
      [
        {
          reason: 'FieldValueForbidden',
          field: 'spec.tags[a].from.name',
          message: 'registry "quay.io" not allowed by whitelist: "*.acme.test:443"',
        },
      ],
    ],
  ])('says where %s may be imported from', async (name, causes) => {
    const raw = streamOf([{ name: 'a', from: { kind: 'DockerImage', name } }]);
    const { status } = await server.review('/validate', creation(raw));
    expect(status?.details.causes ?? []).toEqual(causes);
  });

  test('warns in one line', async () => {
    const answer = await server.review('/validate', creation(streamOf([follows('a', 'zzz')])));
    expect(answer).toMatchObject({
      allowed: true,
      warnings: ['spec.tags[a].from.name: there is no tag "zzz" yet'],
    });
  });

  test('an update is judged by what it changes', async () => {
    const circle = [follows('a', 'b'), follows('b', 'a')];
    const unchanged = await server.review('/validate', update(streamOf(circle), streamOf(circle)));
    expect(unchanged).toMatchObject({ allowed: true });
    const longer = [...circle.slice(1), follows('a', 'c'), follows('c', 'b')];
    const changed = await server.review('/validate', update(streamOf(circle), streamOf(longer)));
    expect(changed).toMatchObject({ allowed: false });
  });

  test.each([
    ['its status', { subResource: 'status' }, '/validate'],
    ['a deletion', { operation: 'DELETE', object: null }, '/validate'],
    ['a mutation', {}, '/mutate'],
  ] as const)('%s is not judged', async (_title, more, path) => {
    const circle = creation(streamOf([follows('a', 'a')]));
    expect(await server.review(path, { ...circle, ...more })).toMatchObject({ allowed: true });
  });

  test('workloads are decided as ever', async () => {
    expect(await server.review('/validate', creation(podOf('nginx')))).toMatchObject({ allowed: true });
  });
});
