import { afterEach, describe, expect, test } from '@jest/globals';
import { watchCertificates, watchReloads } from '../../src/server/gauges.ts';
import { importMetrics, ImporterState } from '../../src/server/importer.ts';
import { registryMetrics } from '../../src/server/registry-metrics.ts';
import { watchFailures } from '../../src/server/watch-failures.ts';
import { startClusterStore } from '../../src/store/cluster.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { Bench } from '../controllers/bench.ts';
import { imported, source } from '../importer/fixture.ts';
import { image } from '../importer/scripted-registry.ts';
import { closeSources, createSource, never, queryOf } from '../registry/fixture.ts';
import { sendError, startStubRegistry } from '../registry/stub-registry.ts';
import { sendJson, startStubApiServer } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { createStubClient } from '../support/stub-client.ts';
import { readExposition } from './exposition.ts';

/** Where the numbers come from that the program shows only in trouble. */
async function valueOf(
  metrics: Metrics,
  name: string,
  labels: Record<string, string> = {},
): Promise<number | undefined> {
  const { samples } = readExposition(await metrics.text());
  return samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}

afterEach(() => closeSources());

test('a list that fails is counted by its resource; a resource that is not served is none', async () => {
  const metrics = createMetrics();
  const server = await startStubApiServer();
  const connection = createStubClient(server.url);
  server.answer(({ path }, response) => {
    if (path !== '/api/v1/namespaces') return false;
    sendJson(response, 500, { kind: 'Status', code: 500, message: 'no' });
    return true;
  });
  const store = startClusterStore({
    client: connection.client,
    sink: createRecordingSink(),
    log: createRecordingLog(),
    clock: createFakeClock(),
    random: () => 0.5,
    onFailure: watchFailures(metrics),
  });
  const failures = (resource: string, verb: string) =>
    valueOf(metrics, 'pinstream_watch_failures_total', { resource, verb });
  await eventually(async () => expect(await failures('namespaces', 'list')).toBe(1), {
    describe: 'the failure',
  });
  await eventually(() => expect(store.notes().length).toBe(3), { describe: 'the others are not served' });
  expect(await failures('imagestreams', 'list')).toBe(0);
  expect(await failures('namespaces', 'watch')).toBe(0);
  await store.stop();
  await connection.close();
  await server.stop();
});

test('a registry that fails five times in a row is counted as left alone, until nobody asks it any more', async () => {
  const metrics = createMetrics();
  const counts = registryMetrics(metrics);
  const registry = await startStubRegistry();
  registry.answer((_request, response) => sendError(response, 500, 'UNKNOWN', 'no'));
  const asker = createSource({ onRequest: counts.requested });
  const unwatch = counts.watchPaused(() => asker.paused());
  for (let time = 0; time < 5; time += 1) {
    expect(await valueOf(metrics, 'pinstream_registries_paused')).toBe(0);
    await asker.manifest(queryOf(registry), never);
  }
  expect(await valueOf(metrics, 'pinstream_registries_paused')).toBe(1);
  const asked = { operation: 'manifest' };
  expect(await valueOf(metrics, 'pinstream_registry_requests_total', { ...asked, outcome: '5xx' })).toBe(5);
  // The first question tried HTTPS before.
  expect(await valueOf(metrics, 'pinstream_registry_request_duration_seconds_count', asked)).toBe(6);
  unwatch();
  expect(await valueOf(metrics, 'pinstream_registries_paused')).toBe(0);
  await registry.stop();
});

test('a configuration that is refused shows until a good one comes', async () => {
  const metrics = createMetrics();
  const reloaded = watchReloads(metrics);
  const successful = () => valueOf(metrics, 'pinstream_config_last_reload_successful');
  expect(await successful()).toBe(1);
  reloaded(false);
  expect(await successful()).toBe(0);
  reloaded(true);
  expect(await successful()).toBe(1);
  for (const result of ['ok', 'failed']) {
    expect(await valueOf(metrics, 'pinstream_config_reloads_total', { result })).toBe(1);
  }
});

describe('certificates', () => {
  const given = {
    current: () => ({ cert: '', key: '' }),
    onChange: () => undefined,
    stop: () => undefined,
    notAfter: () => new Date(1_000_000),
  };

  test.each([
    ['of files', given, undefined],
    ['before the first pass', { ...given, authorityNotAfter: () => undefined }, undefined],
    ['of our own', { ...given, authorityNotAfter: () => new Date(2_000_000) }, 2000],
  ])('%s tell when they expire', async (_, certificates, authority) => {
    const metrics = createMetrics();
    watchCertificates(metrics, certificates);
    const expiry = (kind: string) =>
      valueOf(metrics, 'pinstream_certificate_expiry_timestamp_seconds', { kind });
    expect([await expiry('serving'), await expiry('authority')]).toEqual([1000, authority]);
  });
});

test('a tag that fails is counted until it can be imported', async () => {
  const bench = new Bench();
  bench.registry.serve(`${source}:v1`, image(1));
  bench.registry.fail(source, 'timeout');
  bench.streams.apply('web', { spec: { tags: [imported('v1')] } });
  const running = await bench.start();
  expect(running.controller.failing()).toBe(1);
  bench.registry.mend(source);
  await bench.pass(60_000, 1000);
  expect(running.controller.failing()).toBe(0);
  await running.stop();
});

test('who leads is told only where there is something to lead', async () => {
  const metrics = createMetrics();
  const state = new ImporterState();
  importMetrics(metrics, state);
  const leader = () => valueOf(metrics, 'pinstream_leader');
  expect(await leader()).toBeUndefined();
  let works = false;
  state.works = () => works;
  expect(await leader()).toBe(0);
  works = true;
  expect(await leader()).toBe(1);
});
