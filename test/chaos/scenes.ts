import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { ageCertificates, deleteCertificates, foreignBundle, storedCertificates } from './certificates.ts';
import type { Fleet } from './fleet.ts';
import { namespace, patienceSeconds } from './install.ts';
import { connections, type Tally } from './load.ts';
import { goodConfiguration, until, type World } from './world.ts';

/** One thing that happens to the system while it is at work. */
export interface Scene {
  readonly title: string;
  /** Does it, and waits until it is over. May give what the tally is held against beside what holds for all. */
  readonly happen: (world: World) => Promise<void> | Promise<Allowance>;
  /** Whether the API server itself is away for a while. */
  readonly apiAway?: boolean;
}

/** How many reviews may have failed; none unless told. */
export interface Allowance {
  readonly failed: number;
}

/** Right answers that have to follow before and after whatever happens. */
const some = 30;
const configurationPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pinstream';
const silenceMs = 30_000;
const stopMs = 3_000;
/** How long API servers wait as the manifests have it. */
const shippedPatienceSeconds = 5;

export const scenes: readonly Scene[] = [
  { title: 'nothing', happen: ({ load }) => load.goOnFor(3 * some) },
  { title: 'SIGTERM of one, which comes back', happen: terminateOne },
  { title: 'rotate the authority', happen: rotate },
  { title: 'roll both to a new build', happen: roll },
  { title: 'delete the TLS Secret', happen: deleteSecret },
  { title: 'a broken configuration file, and back', happen: reload },
  { title: 'SIGTERM of one, failurePolicy Ignore', happen: terminateIgnoring },
  { title: 'stop the registry', happen: stopRegistry },
  { title: '410 storm', happen: storm },
  { title: 'cut the watches, then 30 s of silence', happen: cutWatches },
  { title: 'restart the API server', happen: restartApiServer, apiAway: true },
  { title: 'kill -9 of one', happen: (world) => kill(world, true) },
  { title: 'kill -9 of one, behind kube-proxy', happen: (world) => kill(world, false) },
  { title: 'SIGSTOP of one for some seconds', happen: stopOne },
  { title: 'somebody edits the caBundle', happen: editBundle },
];

/** Changes one field of the webhook that mutates. */
async function setWebhook({ admin }: World, field: string, value: string | number): Promise<void> {
  const change = { op: 'replace', path: `/webhooks/0/${field}`, value };
  await admin.client.patch(configurationPath, [change], 'json');
}

async function terminateOne({ load, fleet, mover, programs }: World): Promise<void> {
  const [oldest] = fleet.webhooks();
  const how = oldest && (await fleet.terminate(oldest));
  expect(how).toBe('exited with code 0');
  await load.goOnFor(some);
  await fleet.add(programs.current);
  await mover.untilMoved();
  await load.goOnFor(some);
}

async function terminateIgnoring(world: World): Promise<void> {
  await setWebhook(world, 'failurePolicy', 'Ignore');
  await terminateOne(world);
  await setWebhook(world, 'failurePolicy', 'Fail');
}

/** As a Deployment does it with `maxUnavailable: 0, maxSurge: 1`: a new one is ready before an old one goes. */
async function roll({ load, fleet, programs, mover }: World): Promise<void> {
  for (const old of fleet.webhooks()) {
    await fleet.add(programs.next);
    expect(await fleet.terminate(old)).toBe('exited with code 0');
  }
  expect(fleet.webhooks().map(({ program }) => program)).toEqual([programs.next, programs.next]);
  await mover.untilMoved();
  await load.goOnFor(some);
}

/** From a new authority to the first certificate of it. The last step, that the old one is forgotten, comes a day later. */
async function rotate({ admin, load, fleet, mover }: World): Promise<void> {
  const before = await storedCertificates(admin.client);
  await ageCertificates(admin.client);
  const aged = await storedCertificates(admin.client);
  const passed = async (
    check: (now: Awaited<ReturnType<typeof storedCertificates>>) => void,
  ): Promise<void> => {
    await until('the webhooks look after their certificates', async () => {
      for (const webhook of fleet.webhooks()) webhook.send('SIGUSR2');
      await delay(100);
      check(await storedCertificates(admin.client));
    });
    await load.goOnFor(some);
  };
  await passed(({ authorities }) => expect(authorities).toHaveLength(before.authorities.length + 1));
  for (const webhook of fleet.webhooks()) webhook.send('SIGWINCH');
  await passed(({ serving }) => expect(serving).not.toEqual(aged.serving));
  await until('both serve the new certificate', async () => {
    for (const webhook of fleet.webhooks()) {
      webhook.send('SIGUSR2');
      const { serving } = await storedCertificates(admin.client);
      expect(serving?.cert.replace(/-.*-|\s/g, '')).toBe(await webhook.certificate());
    }
  });
  await mover.untilMoved();
  await load.goOnFor(some);
}

async function deleteSecret({ admin, load }: World): Promise<void> {
  await deleteCertificates(admin.client);
  await load.goOnFor(some);
  await until('the Secret is there again', async () => {
    expect((await storedCertificates(admin.client)).serving).toBeDefined();
  });
  await load.goOnFor(some);
}

async function reload({ config, load, fleet }: World): Promise<void> {
  const verdicts = async (level: string): Promise<number> => {
    const logs = await Promise.all(fleet.webhooks().map((webhook) => webhook.log()));
    return Math.min(
      ...logs.map((lines) => lines.filter((line) => line.file === config && line.level === level).length),
    );
  };
  const [errors, infos] = [await verdicts('error'), await verdicts('info')];
  await writeFile(config, `${goodConfiguration}resolve: [\n`);
  await until('both refuse it', async () => expect(await verdicts('error')).toBeGreaterThan(errors));
  await load.goOnFor(some);
  await writeFile(config, `${goodConfiguration}# as it was\n`);
  await until('both take it', async () => expect(await verdicts('info')).toBeGreaterThan(infos));
  await load.goOnFor(some);
}

async function stopRegistry({ registry, streams, load, imported }: World): Promise<void> {
  await registry.stop();
  await streams.request('import', namespace, 'imported', 'latest');
  await streams.untilFailure(namespace, 'imported', 'latest', 120_000);
  await load.goOnFor(some);
  await registry.start();
  await imported.move();
  await load.goOnFor(some);
}

/** After them a watch that breaks is tried again as soon as after the first trouble (src/kube/backoff.ts). */
function twoQuietMinutes({ webhooks }: Fleet): void {
  for (const webhook of webhooks()) webhook.send('SIGWINCH');
}

/** Every watch is told to begin anew, again and again. */
async function storm({ fleet, line, load, mover }: World): Promise<void> {
  twoQuietMinutes(fleet);
  const before = line.refusedWatches();
  line.state = 'gone';
  line.cut();
  await until('both have begun anew often', () =>
    expect(line.refusedWatches()).toBeGreaterThanOrEqual(before + 12),
  );
  await load.goOnFor(some);
  line.state = 'passing';
  await mover.untilMoved();
  await load.goOnFor(some);
}

async function cutWatches({ fleet, line, load, mover }: World): Promise<void> {
  twoQuietMinutes(fleet);
  line.cut();
  await mover.untilMoved();
  line.state = 'silent';
  await delay(silenceMs);
  await load.goOnFor(some);
  line.state = 'passing';
  line.cut();
  await mover.untilMoved();
  await load.goOnFor(some);
}

async function restartApiServer({ cluster, fleet, load, mover }: World): Promise<void> {
  twoQuietMinutes(fleet);
  await cluster.stopApiServer();
  await cluster.startApiServer();
  await load.goOnFor(some);
  await mover.untilMoved();
  await load.goOnFor(some);
}

/** No more fail than are under way, and those that are still sent there by what does not know yet. */
async function kill(world: World, triesAnother: boolean): Promise<Allowance> {
  const { balancer, load, fleet, mover, programs } = world;
  balancer.triesAnother = triesAnother;
  const refusedBefore = balancer.refused();
  const [oldest] = fleet.webhooks();
  expect(await oldest?.end('SIGKILL')).toBe('was ended by SIGKILL');
  await load.goOnFor(some);
  await fleet.add(programs.next);
  await mover.untilMoved();
  await load.goOnFor(some);
  balancer.triesAnother = false;
  return { failed: connections + balancer.refused() - refusedBefore };
}

/** A process that stands still holds what it has until the API server's patience ends; nothing can be promised. */
async function stopOne(world: World): Promise<Allowance> {
  const { balancer, load, fleet, mover } = world;
  await setWebhook(world, 'timeoutSeconds', shippedPatienceSeconds);
  const [oldest] = fleet.webhooks();
  if (oldest === undefined) throw new Error('there is no webhook to stop');
  oldest.send('SIGSTOP');
  try {
    await delay(stopMs);
    await until('it is sent nothing new', () => expect(balancer.ready()).not.toContain(oldest));
    await load.goOnFor(some);
  } finally {
    oldest.send('SIGCONT');
  }
  await until('it is ready again', () => expect(balancer.ready()).toContain(oldest));
  await setWebhook(world, 'timeoutSeconds', patienceSeconds);
  await mover.untilMoved();
  await load.goOnFor(some);
  return { failed: Infinity };
}

/** Until it is mended every new connection fails; that it is mended is what is asked for. */
async function editBundle(world: World): Promise<Allowance> {
  const { admin, load } = world;
  const value = await foreignBundle();
  await setWebhook(world, 'clientConfig/caBundle', value);
  await until('the caBundle is mended', async () => {
    expect(JSON.stringify(await admin.client.get(configurationPath))).not.toContain(value);
  });
  await load.goOnFor(2 * some);
  return { failed: Infinity };
}

/** What holds for every scene: nothing is ever answered wrong, and nothing fails that was planned. */
export function expectInOrder(
  tally: Tally,
  { apiAway = false }: Scene,
  { failed }: Allowance = { failed: 0 },
): void {
  const { details } = tally;
  expect({ wrong: tally.wrong, details }).toEqual({ wrong: 0, details });
  expect({ failed: Math.max(0, tally.failed - failed), details }).toEqual({ failed: 0, details });
  if (!apiAway) expect({ unanswered: tally.unanswered, details }).toEqual({ unanswered: 0, details });
  expect(tally.right).toBeGreaterThan(0);
}
