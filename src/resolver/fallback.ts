import type { ImageReference } from '../reference/reference.ts';

/** A registry that may have the image, in full. */
export interface Candidate {
  /** With registry, path and tag; Docker's defaults filled in. */
  readonly reference: ImageReference;
  /** Plain HTTP and unverified certificates are accepted there. */
  readonly insecure: boolean;
}

/** An image that no stream answers, to be looked for in the allowed registries. */
export interface FallbackQuestion {
  /** In the order that decides. */
  readonly candidates: readonly Candidate[];
  /** Whose pull secrets may be shown, where admission may read them. */
  readonly credentials: PullSecretScope;
}

/** The pull secrets that a Pod would pull with. */
export interface PullSecretScope {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The Pod's own `imagePullSecrets`. */
  readonly names: readonly string[];
}

/** What one registry says of one candidate. */
export type CandidateAnswer =
  | {
      readonly kind: 'found';
      readonly digest: string;
      /** Since when the registry has not confirmed it, because it fails; undefined: it is fresh. */
      readonly staleMs?: number;
      /** The credential that was needed, by its label: a Pod without it cannot pull. */
      readonly credential?: string;
    }
  /** It has no such image, or none for us: which of the two is nobody's business. */
  | { readonly kind: 'absent' }
  /** It did not say. */
  | { readonly kind: 'failed'; readonly detail: string };

/** The answers of the candidates, in their order; undefined for one that was not waited for any longer. */
export type FallbackAnswers = readonly (CandidateAnswer | undefined)[];

/** Where images are looked for outside of streams. */
export interface FallbackLookup {
  /** The answers that memory has; undefined where a registry has to be asked before the order can decide. */
  peek(question: FallbackQuestion): FallbackAnswers | undefined;
  /** Asks, all candidates at the same time, and gives what is known when the order can decide, or `signal` aborts. */
  ask(question: FallbackQuestion, signal: AbortSignal): Promise<FallbackAnswers>;
  /** Whether a registry has said lately that it has this digest. */
  namesDigest(digest: string): boolean;
}
