import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { openStream } from '../support/objects.ts';
import { creation, podOf } from '../support/reviews.ts';
import { reviewOf, startServer, type TestServer } from '../support/server.ts';
import { connectRaw, connectSilent, posted, type RawClient } from './raw-client.ts';

/** Clients that keep connections and say little, much, or nonsense: honest ones are answered meanwhile. */
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ objects: [openStream('shop', 'app', ['v1'])] });
});
afterAll(() => server.stop());

let clients: RawClient[] = [];
let dripping: NodeJS.Timeout | undefined;
afterEach(() => {
  clearInterval(dripping);
  for (const client of clients) client.end();
  clients = [];
});

const review = posted('/mutate', JSON.stringify(reviewOf(creation(podOf('app:v1')))));
const patient = { timeoutMs: 90_000 };

async function open(
  count: number,
  connect: (url: string) => Promise<RawClient> = connectRaw,
): Promise<readonly RawClient[]> {
  const opened: RawClient[] = [];
  // In parts, since the kernel holds but so many that are not accepted yet.
  while (opened.length < count) {
    const part = Math.min(100, count - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: part }, () => connect(server.url)))));
  }
  clients.push(...opened);
  return opened;
}

/** On a connection of its own, as an API server makes it that has not been here yet. */
async function expectHonestAnswer(): Promise<void> {
  const [client] = await open(1);
  client?.write(review);
  await eventually(() => expect(client?.codes()).toEqual([200]), { describe: 'an answer', ...patient });
  expect(client?.said()).toContain('"patchType":"JSONPatch"');
}

const endedOf = (some: readonly RawClient[]) => some.filter((client) => client.isEnded()).length;

test('connections that send a byte at a time, and such that never speak: ended by and by, at no cost to others', async () => {
  const lines = server.logLines.length;
  const slow = await open(100);
  const silent = await open(500);
  const headers = 'POST /mutate HTTP/1.1\r\nhost: pinstream\r\nx-slow: '.concat('x'.repeat(10_000));
  let at = 0;
  dripping = setInterval(() => {
    for (const client of slow) client.write(headers.charAt(at));
    at += 1;
  }, 100);
  await expectHonestAnswer();
  await eventually(() => expect([endedOf(slow), endedOf(silent)]).toEqual([100, 500]), {
    describe: 'the server ends them',
    ...patient,
  });
  await expectHonestAnswer();
  expect(server.logLines).toHaveLength(lines);
});

test('more connections without a request than there may be: the first of them end, and new ones are answered', async () => {
  const kept = await open(1);
  kept[0]?.write(review);
  await eventually(() => expect(kept[0]?.codes()).toEqual([200]), { describe: 'an answer', ...patient });
  const flood = await open(1_200, connectSilent);
  await expectHonestAnswer();
  await eventually(() => expect(endedOf(flood)).toBeGreaterThanOrEqual(200), {
    describe: 'some had to make room',
    ...patient,
  });
  // Who has sent a request before is not one of them.
  kept[0]?.write(review);
  await eventually(() => expect(kept[0]?.codes()).toEqual([200, 200]), { describe: 'an answer', ...patient });
});

test('handshakes one after the other: others are answered meanwhile', async () => {
  let going = true;
  const shaking = Array.from({ length: 10 }, async () => {
    while (going) (await connectRaw(server.url)).end();
  });
  for (let round = 0; round < 5; round += 1) await expectHonestAnswer();
  going = false;
  await Promise.all(shaking);
});

test.each([
  ['headers without end', `GET /healthz HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ['what is no HTTP', 'HELLO pinstream\r\n\r\n', 400],
  ['two lengths', 'POST /mutate HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
])('%s: an error, and the connection ends, without a line in the log', async (_title, text, code) => {
  const lines = server.logLines.length;
  const [client] = await open(1);
  client?.write(text);
  await eventually(() => expect(client?.isEnded()).toBe(true), { describe: 'it ends', ...patient });
  expect(client?.codes()).toEqual([code]);
  await expectHonestAnswer();
  expect(server.logLines).toHaveLength(lines);
});

test('requests sent without waiting for answers are answered in their order', async () => {
  const [client] = await open(1);
  client?.write(review + posted('/mutate', 'broken') + review);
  await eventually(() => expect(client?.codes()).toEqual([200, 400, 200]), {
    describe: 'three answers',
    ...patient,
  });
});
