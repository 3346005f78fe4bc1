import type { AdmissionRequest, Phase } from '../admission/request.ts';
import { oneLiners } from '../admission/warnings.ts';
import type { StreamName } from '../imagestream/repository.ts';
import type { FieldError, ForeignSource, Judgement } from '../imagestream/validation.ts';
import type { ShedReason } from './load.ts';
import type { Reviewed } from './review.ts';

/** Who may follow a stream of another namespace. */
export interface SourceAccess {
  /** @param userInfo who sends the request, raw; rejects when nobody can say */
  mayFollow(userInfo: unknown, stream: StreamName): Promise<boolean>;
}

export interface StreamReviewPorts {
  /** @param old the stored object; undefined or null on creation */
  readonly judge: (object: unknown, old: unknown) => Judgement;
  readonly sourceAccess: SourceAccess;
}

export type StreamReview =
  | { readonly ok: true; readonly decision: Reviewed }
  /** Nobody can say who may follow what. */
  | { readonly ok: false; readonly reason: string }
  /** Too many wait already for somebody to say it. */
  | { readonly ok: false; readonly shed: ShedReason };

/** Leave to wait for access reviews. */
export interface WaitingTurn {
  /** Why it may not wait; undefined: it may, until `waited`. */
  readonly wait: () => ShedReason | undefined;
  readonly waited: () => void;
}

/** Access reviews of one request at a time, and how many streams of other namespaces one request may name. */
const parallelReviews = 10;
const foreignStreamsMax = 100;
/** Of the ten lines that are shown, the last may say that there are more. */
const warningsMax = 9;

/** Whether a review is about an image stream itself: its status is the importer's, and not judged. */
export function isStreamReview(
  { resource, subResource, operation }: AdmissionRequest,
  phase: Phase,
): boolean {
  return (
    phase === 'validate' &&
    resource.resource === 'imagestreams' &&
    resource.group === 'image.openshift.io' &&
    subResource === '' &&
    (operation === 'CREATE' || operation === 'UPDATE')
  );
}

/**
 * Judges an image stream. Who may not follow the streams of other namespaces that it names is told no more than that: else
 * the errors would say which of them exist.
 */
export async function reviewStream(
  request: AdmissionRequest,
  userInfo: unknown,
  { judge, sourceAccess }: StreamReviewPorts,
  turn: WaitingTurn,
): Promise<StreamReview> {
  const { errors, warnings, foreignSources } = judge(request.object, request.oldObject);
  const names = new Map(foreignSources.map(({ stream }) => [keyOf(stream), stream]));
  if (names.size > foreignStreamsMax) {
    const message = `follows ${names.size} streams of other namespaces at once, at most ${foreignStreamsMax} are asked about; change fewer tags at a time`;
    return refusal('Invalid', [{ reason: 'FieldValueInvalid', field: 'spec.tags', message }]);
  }
  const shed = names.size === 0 ? undefined : turn.wait();
  if (shed !== undefined) return { ok: false, shed };
  let refused: ReadonlySet<string>;
  try {
    refused = await refusedOf([...names.values()], (stream) => sourceAccess.mayFollow(userInfo, stream));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, reason };
  } finally {
    if (names.size > 0) turn.waited();
  }
  const forbidden = foreignSources.filter(({ stream }) => refused.has(keyOf(stream)));
  if (forbidden.length > 0) return refusal('Forbidden', forbidden.map(forbiddenSource));
  if (errors.length > 0) return refusal('Invalid', errors);
  return { ok: true, decision: { patch: [], images: [], warnings: shown(warnings) } };
}

/** The keys of the streams that the user may not follow. */
async function refusedOf(
  streams: readonly StreamName[],
  mayFollow: (stream: StreamName) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  for (let start = 0; start < streams.length; start += parallelReviews) {
    const batch = streams.slice(start, start + parallelReviews);
    const answers = await Promise.all(batch.map(mayFollow));
    for (const [index, stream] of batch.entries()) if (answers[index] !== true) refused.add(keyOf(stream));
  }
  return refused;
}

function forbiddenSource({ stream, field }: ForeignSource): FieldError {
  const message = `you may not follow image stream "${stream.name}" of namespace "${stream.namespace}": it takes the right to get imagestreams/layers there, which the ClusterRole system:image-puller grants`;
  return { reason: 'FieldValueForbidden', field, message };
}

function refusal(reason: 'Invalid' | 'Forbidden', causes: readonly FieldError[]): StreamReview {
  const message = causes.map((cause) => `${cause.field}: ${cause.message}`).join('; ');
  const denial = { code: reason === 'Invalid' ? 422 : 403, reason, message, causes } as const;
  return { ok: true, decision: { patch: [], images: [], warnings: [], denial } };
}

function shown(warnings: readonly string[]): readonly string[] {
  if (warnings.length <= warningsMax) return oneLiners(warnings);
  return oneLiners([...warnings.slice(0, warningsMax), `+${warnings.length - warningsMax} more warnings`]);
}

function keyOf({ namespace, name }: StreamName): string {
  return `${namespace}/${name}`;
}
