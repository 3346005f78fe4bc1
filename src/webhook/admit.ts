import { auditAnnotations } from '../admission/audit.ts';
import { concludeAsking, type FallbackPort, type StartTimer } from '../admission/ask.ts';
import { draftDecision } from '../admission/decide.ts';
import type { AdmissionDecision } from '../admission/decision.ts';
import type { AdmissionRequest, Phase } from '../admission/request.ts';
import { readReview, type Review } from '../admission/review.ts';
import { workloadReview } from '../admission/review-members.ts';
import type { AdmissionContext } from '../admission/settings.ts';
import { pruner } from '../json/prune.ts';
import type { Log } from '../telemetry/log.ts';
import type { ReviewResult, WebhookMetrics } from './metrics.ts';
import { reviewAnswer, type Reviewed } from './review.ts';
import { failure } from './status.ts';
import type { ShedReason } from './load.ts';
import type { Overload } from './overload.ts';
import { isStreamReview, reviewStream, type StreamReviewPorts } from './validate-stream.ts';

/** What the admission endpoints stand on. */
export interface AdmitPorts {
  /** The context of now; settings may change between requests. */
  readonly context: () => AdmissionContext;
  /** Why nothing can be decided at the moment; undefined when it can. */
  readonly undecided: () => string | undefined;
  /** Judges image streams. */
  readonly streams: StreamReviewPorts;
  /** Asks registries about images that no stream answers; absent: they are not asked. */
  readonly fallback?: FallbackPort;
  /** How much there may be at once. */
  readonly overload: Overload;
  readonly log: Log;
  readonly metrics: WebhookMetrics;
}

export interface Answer {
  readonly code: 200 | 400 | 500 | 503;
  /** JSON: an AdmissionReview with 200, else a Status. */
  readonly body: string;
}

/** Not answered at all: too many wait already. */
export interface Shed {
  readonly shed: ShedReason;
}

/**
 * Answers one AdmissionReview, at once where memory can. Only what no stream answers may wait for registries, and an image
 * stream itself for access reviews. When it cannot decide, the answer is a 5xx with a Status, so that the failure policy
 * governs; 4xx only when no review can be read (design section 6).
 *
 * @param callerWaitsMs how long the caller waits for the answer, if it says so
 */
export function admit(
  body: Buffer,
  phase: Phase,
  ports: AdmitPorts,
  callerWaitsMs = Infinity,
): Answer | Shed | Promise<Answer | Shed> {
  const { context, undecided, fallback, overload, log } = ports;
  const reason = undecided();
  if (reason !== undefined) return refuse(503, `Pinstream cannot decide yet: ${reason}`);
  const review = parseReview(body, phase);
  if (!review.ok) return refuse(400, review.message);
  const { uid, request, userInfo } = review;
  if (isStreamReview(request, phase)) return admitStream(uid, request, userInfo, body.length, ports);
  try {
    const draft = draftDecision(request, phase, context());
    if (draft.questions.length === 0 || fallback === undefined) {
      return answerOf(uid, request, phase, draft.conclude([]), ports);
    }
    const budgetMs = Math.max(0, Math.min(fallback.timeoutMs(), callerWaitsMs - marginMs));
    const bytes = body.length;
    const shed = overload.reviews.wait(bytes);
    if (shed !== undefined) return { shed };
    return concludeAsking(draft, fallback, budgetMs, startTimer)
      .then((decision) => answerOf(uid, request, phase, decision, ports))
      .catch((error: unknown) => refuseAsBug(uid, phase, error, log))
      .finally(() => overload.reviews.waited(bytes));
  } catch (error) {
    return refuseAsBug(uid, phase, error, log);
  }
}

const pruneToWorkload = pruner(workloadReview);

/** As much of a review as is asked of it: all of it for an image stream, else what decisions on workloads read. */
function parseReview(body: Buffer, phase: Phase): Review {
  const review = pruned(body);
  if (review?.ok === true && !isStreamReview(review.request, phase)) return review;
  try {
    return readReview(JSON.parse(body.toString('utf8')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `the body is not JSON: ${reason}` };
  }
}

/** Undefined where it is no JSON: only the whole text can say why. */
function pruned(body: Buffer): Review | undefined {
  try {
    return readReview(JSON.parse(pruneToWorkload(body)));
  } catch {
    return undefined;
  }
}

/** A timer of Node. */
export const startTimer: StartTimer = (ms, end) => {
  const timer = setTimeout(end, ms);
  return () => clearTimeout(timer);
};

/** What is left of the caller's time for the way back. */
const marginMs = 500;

function answerOf(
  uid: string,
  request: AdmissionRequest,
  phase: Phase,
  decision: AdmissionDecision,
  { log, metrics }: AdmitPorts,
): Answer {
  if (phase === 'mutate') {
    for (const { resolution } of decision.images) metrics.decided(resolution.outcome, resolution.reason);
  }
  metrics.reviewed(phase, resultOf(decision), decision.warnings.length);
  const { namespace, name, kind } = request;
  if (decision.denial !== undefined) {
    log.info({ uid, phase, namespace, name, kind, message: decision.denial.message }, 'denied');
  }
  log.debug(
    () => ({ uid, phase, namespace, name, kind, images: auditAnnotations(decision.images) }),
    'decided',
  );
  return { code: 200, body: reviewAnswer(uid, request, decision) };
}

function resultOf({ denial, patch }: Pick<Reviewed, 'denial' | 'patch'>): ReviewResult {
  if (denial !== undefined) return 'denied';
  return patch.length === 0 ? 'allowed' : 'changed';
}

async function admitStream(
  uid: string,
  request: AdmissionRequest,
  userInfo: unknown,
  bytes: number,
  { streams, overload, log, metrics }: AdmitPorts,
): Promise<Answer | Shed> {
  const turn = {
    wait: () => overload.reviews.wait(bytes),
    waited: () => overload.reviews.waited(bytes),
  };
  try {
    const review = await reviewStream(request, userInfo, streams, turn);
    const { namespace, name } = request;
    if ('shed' in review) return review;
    if (!review.ok) {
      log.warn({ uid, namespace, name, error: review.reason }, 'access to a source stream cannot be checked');
      return refuse(503, 'Pinstream cannot check the access to streams of other namespaces; try again');
    }
    const { denial, warnings } = review.decision;
    metrics.reviewed('validate', resultOf(review.decision), warnings.length);
    if (denial !== undefined) log.info({ uid, namespace, name, message: denial.message }, 'stream denied');
    return { code: 200, body: reviewAnswer(uid, request, review.decision) };
  } catch (error) {
    return refuseAsBug(uid, 'validate', error, log);
  }
}

function refuseAsBug(uid: string, phase: Phase, error: unknown, log: Log): Answer {
  log.error({ uid, phase, error: error instanceof Error ? error.stack : String(error) }, 'a decision failed');
  return refuse(500, `Pinstream failed to decide (a bug; its log names the request ${uid})`);
}

function refuse(code: 400 | 500 | 503, message: string): Answer {
  return { code, body: JSON.stringify(failure(code, message)) };
}
