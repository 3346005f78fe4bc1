import { concludeAsking } from '../admission/ask.ts';
import { draftDecision } from '../admission/decide.ts';
import type { AdmissionDecision } from '../admission/decision.ts';
import type { AdmissionRequest } from '../admission/request.ts';
import type { AdmissionContext } from '../admission/settings.ts';
import { placeText, readDocuments } from '../manifest/documents.ts';
import { admittedYaml } from '../report/admitted.ts';
import { dryRunResult, type AskedObject } from '../report/dry-run.ts';
import { dryRunTable } from '../report/table.ts';
import { asObject, asText } from '../json/untyped.ts';
import { kindNamed } from '../workload/kinds.ts';
import { groupOf } from '../workload/metadata.ts';
import { startTimer, type AdmitPorts, type FallbackPort } from './admit.ts';
import { readReview } from './review.ts';
import { failure, type Status } from './status.ts';

/** Who may ask what a namespace would admit. */
export interface DryRunAccess {
  /**
   * @param token the request's bearer token; undefined: none
   * @returns undefined when all of the namespaces may be asked about; else what is missing
   */
  refusal(token: string | undefined, namespaces: readonly string[]): Promise<AccessRefusal | undefined>;
}

export interface AccessRefusal {
  readonly code: 401 | 403;
  readonly message: string;
}

export interface DryRunPorts extends Pick<AdmitPorts, 'context' | 'undecided' | 'fallback'> {
  readonly access: DryRunAccess;
  /** What qualifies all answers at the moment. */
  readonly notes: () => readonly string[];
}

export const dryRunFormats = ['application/json', 'application/yaml', 'text/plain'] as const;
export type DryRunFormat = (typeof dryRunFormats)[number];

export interface DryRunQuestion {
  readonly text: string;
  /** For objects that name none. */
  readonly namespace: string;
  readonly token: string | undefined;
  readonly format: DryRunFormat;
}

export type DryRunAnswer =
  | { readonly code: 200; readonly body: string }
  | { readonly code: 400 | 401 | 403 | 503; readonly body: Status };

/** Says what objects would be admitted as, by the very decision that admission makes; nothing is written. */
export async function dryRun(question: DryRunQuestion, ports: DryRunPorts): Promise<DryRunAnswer> {
  const reason = ports.undecided();
  if (reason !== undefined)
    return { code: 503, body: failure(503, `Pinstream cannot decide yet: ${reason}`) };
  const documents = readDocuments(question.text);
  if (!documents.ok) {
    return { code: 400, body: failure(400, `${placeText(documents.place)}: ${documents.message}`) };
  }
  const asked: Asked[] = [];
  for (const [index, object] of documents.objects.entries()) {
    const subject = askedObject(object, question.namespace);
    if (!subject.ok) return { code: 400, body: failure(400, `object ${index + 1}: ${subject.message}`) };
    asked.push(subject.asked);
  }
  const namespaces = [...new Set(asked.map(({ request }) => request.namespace))];
  const refused = await ports.access.refusal(question.token, namespaces);
  if (refused !== undefined) return { code: refused.code, body: failure(refused.code, refused.message) };
  const context = ports.context();
  const decided = await Promise.all(
    asked.map(async (subject) => ({
      asked: subject,
      decision: await decision(subject.request, context, ports.fallback),
    })),
  );
  const result = dryRunResult(decided, [...ports.notes(), ...emptyNote(asked)]);
  switch (question.format) {
    case 'application/json':
      return { code: 200, body: `${JSON.stringify(result, null, 2)}\n` };
    case 'application/yaml':
      return { code: 200, body: admittedYaml(asked, result) };
    case 'text/plain':
      return { code: 200, body: dryRunTable(result) };
  }
}

function decision(
  request: AdmissionRequest,
  context: AdmissionContext,
  fallback: FallbackPort | undefined,
): AdmissionDecision | Promise<AdmissionDecision> {
  const draft = draftDecision(request, 'mutate', context);
  if (draft.questions.length === 0 || fallback === undefined) return draft.conclude([]);
  return concludeAsking(draft, fallback, fallback.timeoutMs(), startTimer);
}

/** "Allowed" for nothing at all deserves a word: it is most often a mistake on the way here. */
function emptyNote(asked: readonly Asked[]): readonly string[] {
  return asked.length > 0
    ? []
    : ['the input holds no object (curl sends a file as it is with --data-binary, not with -d)'];
}

type Asked = AskedObject & { readonly request: AdmissionRequest };

type Reading =
  { readonly ok: true; readonly asked: Asked } | { readonly ok: false; readonly message: string };

/** An object counts as being created; an AdmissionReview says itself what is being done. */
function askedObject(value: unknown, defaultNamespace: string): Reading {
  const review = readReview(value);
  if (!review.ok && asObject(value).kind === 'AdmissionReview') return review;
  const object = review.ok ? review.request.object : value;
  const { apiVersion, kind, metadata } = asObject(object);
  if (!review.ok && asText(kind) === '')
    return { ok: false, message: 'not a Kubernetes object: it has no kind' };
  const { name, namespace } = asObject(metadata);
  const own = review.ok ? review.request.namespace : asText(namespace);
  const group = groupOf(asText(apiVersion));
  const described = {
    apiVersion: asText(apiVersion),
    kind: asText(kind),
    namespace: own === '' ? defaultNamespace : own,
    name: asText(name),
    object,
  };
  if (review.ok) {
    return {
      ok: true,
      asked: { ...described, request: { ...review.request, namespace: described.namespace } },
    };
  }
  const resource = kindNamed(group, described.kind)?.resource ?? `${described.kind.toLowerCase()}s`;
  const request = {
    operation: 'CREATE',
    resource: { group, resource },
    subResource: '',
    kind: described.kind,
    namespace: described.namespace,
    name: described.name,
    object,
  };
  return { ok: true, asked: { ...described, request } };
}
