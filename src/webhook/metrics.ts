import type { Phase } from '../admission/request.ts';
import { reasons, type Reason } from '../resolver/reason.ts';
import type { Resolution } from '../resolver/resolution.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { failureCodes, type FailureCode } from './status.ts';

export const endpoints = ['mutate', 'validate', 'dry-run'] as const;
export type Endpoint = (typeof endpoints)[number];

/** What a review came to. */
export const reviewResults = ['allowed', 'changed', 'denied'] as const;
export type ReviewResult = (typeof reviewResults)[number];

/** What the webhook counts. */
export interface WebhookMetrics {
  /** One HTTP request: which endpoint, which status code, how long it took. */
  request(endpoint: Endpoint, code: 200 | FailureCode, seconds: number): void;
  /** One review that was answered, with so many warnings. */
  reviewed(endpoint: Phase, result: ReviewResult, warnings: number): void;
  /** One image decision. */
  decided(outcome: Resolution['outcome'], reason: Reason): void;
}

const outcomes = ['rewritten', 'unchanged', 'denied'] as const satisfies readonly Resolution['outcome'][];
const phases = ['mutate', 'validate'] as const satisfies readonly Phase[];
/** Codes that are told of before there was one: those that alerts ask about. */
const codesFromTheStart = ['200', '500', '503'];

export function webhookMetrics(metrics: Metrics): WebhookMetrics {
  const requests = metrics.histogram(
    'pinstream_request_duration_seconds',
    'Time to answer a request, by endpoint and HTTP status code.',
    {
      labels: { endpoint: endpoints, code: ['200', ...failureCodes] },
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      zero: endpoints.flatMap((endpoint) => codesFromTheStart.map((code) => ({ endpoint, code }))),
    },
  );
  const reviews = metrics.counter('pinstream_reviews_total', 'Reviews answered, by what they came to.', {
    endpoint: phases,
    result: reviewResults,
  });
  const warned = metrics.counter('pinstream_warnings_total', 'Warnings given in answers to reviews.', {
    endpoint: phases,
  });
  const decisions = metrics.counter(
    'pinstream_image_decisions_total',
    'Image references decided at /mutate, by outcome and reason.',
    { outcome: outcomes, reason: reasons },
  );
  return {
    request: (endpoint, code, seconds) => requests({ endpoint, code: String(code) }, seconds),
    reviewed: (endpoint, result, warnings) => {
      reviews({ endpoint, result });
      if (warnings > 0) warned({ endpoint }, warnings);
    },
    decided: (outcome, reason) => decisions({ outcome, reason }),
  };
}
