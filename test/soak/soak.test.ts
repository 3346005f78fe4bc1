import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { startWorld, type World } from '../chaos/world.ts';
import { describeOnCluster } from '../cluster/suite.ts';
import { startChurn, type Churn } from './churn.ts';
import { floors, sampleOf, samplesTable, trendOf, type Sample } from './samples.ts';
import { ask } from '../cluster/story/https.ts';

const minutes = Number(process.env.PINSTREAM_SOAK_MINUTES ?? 30);
if (!(minutes > 0)) {
  throw new Error(
    `PINSTREAM_SOAK_MINUTES=${process.env.PINSTREAM_SOAK_MINUTES}: give a number of minutes above 0`,
  );
}
const samplesWanted = 360;
const everyMs = Math.max(500, (minutes * 60_000) / samplesWanted);
const setUpMs = 600_000;
const mebibyte = 1024 * 1024;

describeOnCluster(
  `one webhook at work for ${minutes} minutes`,
  (cluster) => {
    // A block of its own: what it has started ends before the control plane does.
    describe('all the time', () => {
      const closing: (() => Promise<unknown>)[] = [];
      const samples: Sample[] = [];
      let world: World;
      let churn: Churn;

      beforeAll(
        async () => {
          world = await startWorld(cluster(), closing, 1);
          churn = startChurn(world.streams);
          closing.unshift(churn.end);
          const [webhook] = world.fleet.webhooks();
          if (webhook === undefined) throw new Error('there is no webhook');
          world.load.begin();
          const begun = performance.now();
          const seconds = (): number => (performance.now() - begun) / 1000;
          while (seconds() < minutes * 60) {
            const { body } = await ask(webhook.metricsUrl);
            samples.push(sampleOf(body, seconds(), world.load.tally().right));
            await delay(everyMs);
          }
        },
        minutes * 60_000 + setUpMs,
      );
      afterAll(async () => {
        process.stdout.write(`\n${samplesTable(samples)}\n\n`);
        for (const close of closing) await close();
      }, setUpMs);

      test('every review was answered right', () => {
        const { wrong, failed, unanswered, details, right } = world.load.tally();
        expect({ wrong, failed, unanswered, details }).toEqual({
          wrong: 0,
          failed: 0,
          unanswered: 0,
          details: [],
        });
        expect(right).toBeGreaterThan(0);
      });

      test('streams came and went meanwhile', () => {
        expect(churn.removed()).toBeGreaterThan(0);
      });

      // The bounds are for noise: what is lost for each review is held against them the more the longer the run is.
      test.each<[string, (sample: Sample) => number, number]>([
        ['heap', ({ heapBytes }) => heapBytes, 32 * mebibyte],
        ['resident memory', ({ rssBytes }) => rssBytes, 128 * mebibyte],
        ['open files', ({ files }) => files, 16],
        ['handles', ({ handles }) => handles, 16],
        ['time series', ({ series }) => series, 10],
      ])('%s: the last third is where the second was', (_, read, noise) => {
        const { second, last } = trendOf(floors(samples.map(read), 5));
        expect(last - second).toBeLessThanOrEqual(noise);
      });
    });
  },
  { controllerManager: false, furtherTools: ['registry'] },
);
