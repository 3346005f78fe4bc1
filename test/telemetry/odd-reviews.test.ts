import { expect, test } from '@jest/globals';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { admit } from '../../src/webhook/admit.ts';
import { webhookMetrics } from '../../src/webhook/metrics.ts';
import { requestOf, vectors } from '../support/admission-vectors.ts';
import { mutatedReview } from '../support/mutate-review.ts';
import { createRandom } from '../support/random.ts';
import { createRecordingLog } from '../support/recording-log.ts';
import { reviewOf } from '../support/server.ts';
import { readExposition } from './exposition.ts';

const reviewsTotal = 10_000;

test('10,000 odd reviews add no series, and each that is answered is counted once', async () => {
  const metrics = createMetrics();
  const index = new ObjectIndex();
  const configuration = parseConfiguration('', 'none');
  const ports: Parameters<typeof admit>[2] = {
    context: () => ({ settings: admissionSettings(configuration), images: index, namespaces: index }),
    undecided: () => undefined,
    streams: {
      judge: () => ({ errors: [], warnings: [], foreignSources: [] }),
      sourceAccess: { mayFollow: () => Promise.resolve(true) },
    },
    overload: { reviews: { wait: () => undefined, waited: () => undefined } } as never,
    log: createRecordingLog(),
    metrics: webhookMetrics(metrics),
  };
  const read = async () =>
    readExposition(await metrics.text()).samples.filter(({ name }) => name.startsWith('pinstream_'));
  const seriesOf = async () => (await read()).map(({ name, labels }) => `${name}${JSON.stringify(labels)}`);
  const before = await seriesOf();
  const random = createRandom(7);
  let answered = 0;
  for (let sent = 0; sent < reviewsTotal; sent += 1) {
    const review = reviewOf(requestOf(random.pick(vectors)));
    const answer = await admit(mutatedReview(review, random), random.pick(['mutate', 'validate']), ports);
    if ('code' in answer && answer.code === 200) answered += 1;
  }
  expect(await seriesOf()).toEqual(before);
  const counted = (await read()).filter(({ name }) => name === 'pinstream_reviews_total');
  expect(answered).toBeGreaterThan(reviewsTotal / 2);
  expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(answered);
}, 120_000);
