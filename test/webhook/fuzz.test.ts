import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jsonpatch from 'fast-json-patch';
import { workloadReview } from '../../src/admission/review-members.ts';
import { pruner } from '../../src/json/prune.ts';
import { clusterOf, integratedRegistry, requestOf, vectors } from '../support/admission-vectors.ts';
import { mutatedReview } from '../support/mutate-review.ts';
import { createRandom } from '../support/random.ts';
import { reviewOf, startServer, type HttpAnswer, type TestServer } from '../support/server.ts';

const reviewsTotal = 12_000;
const sampleEvery = 100;
const connections = 4;
/**
 * From the second quarter's median to the last one's lowest: a heap swings up and down, but one that leaks never comes
 * back. 11 KiB a review would be more.
 */
const growthMaxMiB = 64;

/** The same reviews each time, so that a failure is nobody's bad luck; PINSTREAM_FUZZ_SEED=<number> asks for others. */
const seed = Number(process.env.PINSTREAM_FUZZ_SEED ?? 20);

let server: TestServer;
beforeAll(async () => {
  const clusters = vectors.map(clusterOf);
  server = await startServer({
    objects: clusters.flatMap(({ streams, images, namespaces }) => [...streams, ...images, ...namespaces]),
    config: { internalRegistryHostname: integratedRegistry, lookup: { ownedPods: true } },
  });
});
afterAll(() => server.stop());

const asRead = pruner(workloadReview);

function residentMiB(): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** What is wrong with an answer; undefined: nothing. */
function wrongWith(sent: Buffer, { code, text }: HttpAnswer): string | undefined {
  const answer = parsed(text) as Record<string, unknown> | undefined;
  // A byte that is wrong where no decision reads is not looked at.
  const review = parsed(asRead(sent)) as { request?: { uid?: unknown; object?: unknown } } | undefined;
  if (code !== 200) {
    const isStatus = answer?.kind === 'Status' && answer.apiVersion === 'v1' && answer.code === code;
    if (!isStatus) return 'the failure is no v1 Status';
    return code === 400 ? undefined : 'only what is no review may be refused, with 400';
  }
  if (answer?.kind !== 'AdmissionReview' || answer.apiVersion !== 'admission.k8s.io/v1')
    return 'no AdmissionReview';
  return wrongWithResponse(review?.request ?? {}, answer.response as Record<string, unknown>);
}

function wrongWithResponse(
  request: { uid?: unknown; object?: unknown },
  response: Record<string, unknown>,
): string | undefined {
  const { uid, allowed, patch, patchType, warnings = [], auditAnnotations = {}, status } = response;
  if (uid !== request.uid) return 'another uid';
  if (typeof allowed !== 'boolean') return 'allowed is no boolean';
  if (allowed !== (status === undefined)) return 'a status goes with a denial';
  if ((patch === undefined) !== (patchType === undefined)) return 'a patch goes with its type';
  if (!(warnings as unknown[]).every((line) => typeof line === 'string' && /^.{1,120}$/u.test(line)))
    return 'a bad warning';
  if (!Object.values(auditAnnotations as object).every((line) => typeof line === 'string'))
    return 'a bad audit annotation';
  if (patch === undefined) return undefined;
  if (typeof patch !== 'string') return 'the patch is no text';
  if (!allowed) return 'a denial with a patch';
  try {
    const operations = JSON.parse(Buffer.from(patch, 'base64').toString('utf8')) as jsonpatch.Operation[];
    if (operations.length === 0 || operations.some(({ op }) => op !== 'add' && op !== 'replace'))
      return 'a bad patch';
    // In place: to copy a value this deep would take more stack than there is.
    jsonpatch.applyPatch(request.object, operations, true, true);
    return undefined;
  } catch (error) {
    return `the patch does not apply: ${String(error)}`;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('hostile and malformed reviews', () => {
  test(`${reviewsTotal} of them are answered, and memory stays flat`, async () => {
    const random = createRandom(seed);
    const valid = vectors.map((vector) => reviewOf(requestOf(vector)));
    const codes: Record<string, number> = {};
    let sent = 0;
    const samples: number[] = [];
    const client = async () => {
      while (sent < reviewsTotal) {
        const number = (sent += 1);
        const body = mutatedReview(random.pick(valid), random);
        const path = random.once(5) ? '/validate' : '/mutate';
        const answer = await server.post(path, body, { 'content-type': 'application/json' });
        codes[answer.code] = (codes[answer.code] ?? 0) + 1;
        const wrong = wrongWith(body, answer);
        if (wrong !== undefined) {
          const told = `review ${number} of seed ${seed} (PINSTREAM_FUZZ_SEED=${seed} repeats it)`;
          throw new Error(
            `${told}: ${wrong}\nsent ${clip(body.toString('utf8'))}\ngot ${answer.code} ${clip(answer.text)}`,
          );
        }
        if (number % sampleEvery === 0) samples.push(residentMiB());
      }
    };
    await Promise.all(Array.from({ length: connections }, client));

    // The test is worth little unless many of them get through to the decision.
    expect(codes['200']).toBeGreaterThan(reviewsTotal / 3);
    expect(codes['400']).toBeGreaterThan(reviewsTotal / 20);
    const quarter = samples.length / 4;
    const warm = median(samples.slice(quarter, 2 * quarter));
    expect(Math.min(...samples.slice(3 * quarter)) - warm).toBeLessThan(growthMaxMiB);
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function clip(text: string): string {
  return text.length <= 2_000 ? text : `${text.slice(0, 2_000)}… (${text.length} characters)`;
}
