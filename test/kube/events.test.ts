import { describe, expect, test } from '@jest/globals';
import type { KubeClient } from '../../src/kube/client.ts';
import { createEventRecorder, type EventNote, type EventRecorder } from '../../src/kube/events.ts';
import { failure } from '../certs/memory-api.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';

interface Sent {
  readonly verb: 'create' | 'patch';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Bench {
  readonly clock: FakeClock;
  readonly events: EventRecorder;
  readonly log: ReturnType<typeof createRecordingLog>;
  readonly sent: Sent[];
  /** While it gives an error, requests fail with it. */
  refuse: (verb: string) => Error | undefined;
  readonly say: (...notes: Partial<EventNote>[]) => Promise<void>;
}

const startMs = Date.parse('2026-11-21T10:00:00.250Z');
const regarding = {
  apiVersion: 'image.openshift.io/v1',
  kind: 'ImageStream',
  namespace: 'myproject',
  name: 'keycloak',
  uid: 'u-1',
  resourceVersion: '7',
};
const note: EventNote = { regarding, type: 'Normal', reason: 'Imported', message: 'tag 20.0 is imported' };

function createBench(): Bench {
  const [clock, log, sent] = [createFakeClock(startMs), createRecordingLog(), [] as Sent[]];
  const send = async (verb: Sent['verb'], path: string, body: object): Promise<unknown> => {
    await Promise.resolve();
    const refusal = bench.refuse(verb);
    if (refusal !== undefined) throw refusal;
    sent.push({ verb, path, body: body as Sent['body'] });
    return body;
  };
  const client = {
    create: (path: string, body: object) => send('create', path, body),
    patch: (path: string, body: object) => send('patch', path, body),
  } as Partial<KubeClient> as KubeClient;
  const events = createEventRecorder({
    client,
    component: 'pinstream-controller',
    clock,
    log,
    instance: 'pod-1',
  });
  const bench: Bench = {
    clock,
    events,
    log,
    sent,
    refuse: () => undefined,
    say: async (...notes) => {
      for (const change of notes) events.record({ ...note, ...change });
      await events.settled();
    },
  };
  return bench;
}

test('an event is a core v1 Event in the namespace of its object', async () => {
  const { say, sent } = createBench();
  await say({ action: 'Import' });
  expect(sent).toMatchObject([{ verb: 'create', path: '/api/v1/namespaces/myproject/events' }]);
  expect(sent[0]?.body).toEqual({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: expect.stringMatching(/^keycloak\.[0-9a-f]{12,}$/), namespace: 'myproject' },
    involvedObject: regarding,
    type: 'Normal',
    reason: 'Imported',
    message: 'tag 20.0 is imported',
    action: 'Import',
    source: { component: 'pinstream-controller' },
    reportingComponent: 'pinstream-controller',
    reportingInstance: 'pod-1',
    count: 1,
    firstTimestamp: '2026-11-21T10:00:00Z',
    lastTimestamp: '2026-11-21T10:00:00Z',
  });
});

test('one about an object of the cluster lives in `default`', async () => {
  const { say, sent } = createBench();
  await say({ regarding: { ...regarding, namespace: '' } });
  expect(sent[0]?.path).toBe('/api/v1/namespaces/default/events');
  expect(sent[0]?.body.involvedObject).not.toMatchObject({ namespace: expect.anything() });
});

describe('the message', () => {
  test.each([
    ['as it is up to 1024 bytes', 'x'.repeat(1024), 'x'.repeat(1024)],
    ['cut beyond', 'x'.repeat(1025), `${'x'.repeat(1021)}…`],
    ['cut between characters', 'é'.repeat(513), `${'é'.repeat(510)}…`],
    ['cut between long characters', `x${'😀'.repeat(300)}`, `x${'😀'.repeat(255)}…`],
  ])('is %s', async (_how, given, expected) => {
    const { say, sent } = createBench();
    await say({ message: given });
    expect(sent[0]?.body.message).toBe(expected);
    expect(Buffer.byteLength(expected)).toBeLessThanOrEqual(1024);
  });
});

describe('the same again', () => {
  const minute = 60_000;
  test.each<[string, number, Partial<EventNote>, string[]]>([
    ['at once', 0, {}, ['create', 'patch']],
    ['ten minutes later', 10 * minute, {}, ['create', 'patch']],
    ['later than that', 10 * minute + 1, {}, ['create', 'create']],
    [
      'on another version of the object',
      0,
      { regarding: { ...regarding, resourceVersion: '8' } },
      ['create', 'patch'],
    ],
    ['on another object', 0, { regarding: { ...regarding, uid: 'u-2' } }, ['create', 'create']],
    ['with another message', 0, { message: 'other' }, ['create', 'create']],
    ['with another reason', 0, { reason: 'Other' }, ['create', 'create']],
    ['of another type', 0, { type: 'Warning' }, ['create', 'create']],
  ])('%s', async (_when, laterMs, change, verbs) => {
    const { say, sent, clock } = createBench();
    await say({});
    clock.advance(laterMs);
    await say(change);
    expect(sent.map(({ verb }) => verb)).toEqual(verbs);
  });

  test('is counted on the first', async () => {
    const { say, sent, clock } = createBench();
    await say({});
    clock.advance(9 * minute);
    await say({});
    clock.advance(9 * minute);
    await say({});
    const name = (sent[0]?.body.metadata as { name: string }).name;
    expect(sent.slice(1)).toEqual(
      [
        { count: 2, lastTimestamp: '2026-11-21T10:09:00Z' },
        { count: 3, lastTimestamp: '2026-11-21T10:18:00Z' },
      ].map((body) => ({ verb: 'patch', path: `/api/v1/namespaces/myproject/events/${name}`, body })),
    );
  });

  test('recorded in one go waits until the first is there', async () => {
    const { say, sent } = createBench();
    await say({}, {}, {});
    expect(sent.map(({ verb, body }) => [verb, body.count])).toEqual([
      ['create', 1],
      ['patch', 2],
      ['patch', 3],
    ]);
  });

  test('begins anew when the first is gone', async () => {
    const bench = createBench();
    await bench.say({});
    bench.refuse = (verb) => (verb === 'patch' ? failure(404, 'NotFound', 'gone') : undefined);
    await bench.say({});
    expect(bench.sent.map(({ verb, body }) => [verb, body.count])).toEqual([
      ['create', 1],
      ['create', 1],
    ]);
    expect(bench.log.lines).toEqual([]);
  });
});

describe('the rate of one object', () => {
  const many = (count: number, from = 0): Partial<EventNote>[] =>
    Array.from({ length: count }, (_, index) => ({ message: `message ${from + index}` }));

  test.each([
    ['25 at once', 0, 25],
    ['no more just before five minutes', 299_999, 25],
    ['one more after five minutes', 300_000, 26],
    ['three more after fifteen', 900_000, 28],
    ['never more than 25 at once', 300_000 * 100, 50],
  ])('%s', async (_what, laterMs, sentAll) => {
    const { say, sent, clock } = createBench();
    await say(...many(40));
    clock.advance(laterMs);
    await say(...many(40, 100));
    expect(sent).toHaveLength(sentAll);
  });

  test('is its own', async () => {
    const { say, sent } = createBench();
    await say(
      ...many(40),
      ...many(3).map((other) => ({ ...other, regarding: { ...regarding, uid: 'u-2' } })),
    );
    expect(sent).toHaveLength(28);
  });
});

test('two events never have the same name, however long the name of the object', async () => {
  const { say, sent } = createBench();
  const name = `${'a'.repeat(218)}.-${'b'.repeat(40)}`;
  await say(...['1', '2', '3'].map((message) => ({ message, regarding: { ...regarding, name } })));
  const names = sent.map(({ body }) => (body.metadata as { name: string }).name);
  expect(new Set(names).size).toBe(3);
  for (const event of names) expect(event).toMatch(/^a{218}\.[0-9a-f]{1,30}$/);
});

describe('what cannot be sent', () => {
  const failing = (error: Error | undefined) => () => error;

  test('a 403 is said once, with what is needed', async () => {
    const bench = createBench();
    const forbidden = failing(failure(403, 'Forbidden', 'events is forbidden'));
    bench.refuse = forbidden;
    await bench.say({}, { message: 'b' });
    bench.refuse = failing(undefined);
    await bench.say({ message: 'c' });
    bench.refuse = forbidden;
    await bench.say({ message: 'd' });
    expect(bench.log.lines.map(({ level, message }) => [level, message])).toEqual([
      [
        'warn',
        'cannot record an event, nor perhaps others: events is forbidden; it needs create and patch of events',
      ],
    ]);
    expect(bench.sent).toHaveLength(1);
  });

  test('an outage is said once, and the next one again', async () => {
    const bench = createBench();
    for (const round of [1, 2]) {
      bench.refuse = failing(new Error('connection refused'));
      await bench.say({ message: `a${round}` }, { message: `b${round}` });
      bench.refuse = failing(undefined);
      await bench.say({ message: `c${round}` });
    }
    expect(bench.log.lines).toHaveLength(2);
    expect(bench.sent).toHaveLength(2);
  });

  test('ten thousand wait, the rest is dropped and said once', async () => {
    const bench = createBench();
    await bench.say(
      ...Array.from({ length: 10_010 }, (_, index) => ({ regarding: { ...regarding, uid: `u-${index}` } })),
    );
    expect(bench.sent).toHaveLength(10_000);
    expect(bench.log.lines.map(({ message }) => message)).toEqual([
      'cannot record an event, nor perhaps others: 10000 events wait to be sent',
    ]);
  });
});
