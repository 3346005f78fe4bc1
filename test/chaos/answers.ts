import { isObject, objectAt, stringAt } from '../../src/json/untyped.ts';
import { StatusError } from '../../src/kube/status-error.ts';

/** What one image name has stood for, and when. Times are those of one steady clock, in ms. */
export class Expectation {
  readonly #versions: { readonly image: string; readonly from: number; until: number }[] = [];

  /** From now on this is right as well: somebody is about to move the tag there. */
  open(image: string, now: number): void {
    this.#versions.push({ image, from: now, until: Infinity });
  }

  /** Everybody has seen the last move: whoever asks from now on must not be told what was before. */
  settle(now: number): void {
    for (const version of this.#versions.slice(0, -1)) version.until = Math.min(version.until, now);
  }

  /** What a request could rightly be answered that was sent and answered at these times. */
  right(sent: number, answered: number): readonly string[] {
    return this.#versions
      .filter(({ from, until }) => from <= answered && sent <= until)
      .map(({ image }) => image);
  }
}

/** One container's image, as written and as it may come back. */
export interface Asked {
  readonly written: string;
  readonly expected: Expectation;
}

export type Verdict =
  | { readonly kind: 'right' }
  /** A name that stands for something came back as something else. */
  | { readonly kind: 'wrong'; readonly detail: string }
  /** The review failed, or the object was let through without one. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** The API server itself did not answer, so that nobody knows of a review. */
  | { readonly kind: 'unanswered'; readonly detail: string };

/** Judges an object that came back from the API server. */
export function judgeObject(
  object: unknown,
  asked: readonly Asked[],
  sent: number,
  answered: number,
): Verdict {
  const images = imagesOf(object);
  if (images.length !== asked.length) return { kind: 'wrong', detail: `${images.length} images came back` };
  for (const [at, { written, expected }] of asked.entries()) {
    const right = expected.right(sent, answered);
    const image = images[at] ?? '';
    if (right.includes(image)) continue;
    if (image === written) return { kind: 'failed', detail: `${written} was let through as it is written` };
    return { kind: 'wrong', detail: `${written} became ${image}, not ${right.join(' or ')}` };
  }
  return { kind: 'right' };
}

/**
 * Judges what `create` threw. A denial is wrong: all that is asked is allowed. An API server that has just started refuses in
 * many ways, also because it does not know its Services yet.
 */
export function judgeError(error: unknown): Verdict {
  const detail = error instanceof Error ? error.message : String(error);
  if (!(error instanceof StatusError)) return { kind: 'unanswered', detail };
  if (detail.includes('denied the request')) return { kind: 'wrong', detail };
  const called = detail.includes('failed calling webhook') && !/service "[^"]*" not found/.test(detail);
  return { kind: called ? 'failed' : 'unanswered', detail };
}

function imagesOf(object: unknown): readonly string[] {
  const spec = objectAt(object, 'spec');
  const podSpec = isObject(spec.template) ? objectAt(spec.template, 'spec') : spec;
  return [podSpec.containers].flat().map((container: unknown) => stringAt(container, 'image') ?? '');
}
