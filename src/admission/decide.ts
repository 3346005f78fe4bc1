import type { FallbackAnswers, FallbackQuestion } from '../resolver/fallback.ts';
import { findImage } from '../resolver/find-image.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { imagesOf, type ImageSlot } from '../workload/images.ts';
import { kindOfResource } from '../workload/kinds.ts';
import { imageChange, recordedChange } from './change.ts';
import type { AdmissionDecision, ImageDecision } from './decision.ts';
import { draftImages, type SlotDraft } from './decide-images.ts';
import { denialOf, inapplicable, joinDenials } from './denial.ts';
import { lookupMode, type NamespaceFacts } from './namespace.ts';
import type { AdmissionRequest, Phase } from './request.ts';
import { scopeOf, type Part } from './scope.ts';
import type { AdmissionContext } from './settings.ts';
import {
  newTriggerProblems,
  triggerDenial,
  triggerWarnings,
  type NewTriggerProblems,
} from './trigger-problems.ts';
import { oneLiners } from './warnings.ts';

/** The decision for one object as far as memory can make it. */
export interface DraftDecision {
  /** What registries have to be asked; empty where memory has answered all. */
  readonly questions: readonly FallbackQuestion[];
  /** The decision, with the answers in the order of the questions; what has none counts as not answered in time. */
  readonly conclude: (answers: readonly FallbackAnswers[]) => AdmissionDecision;
}

/** The decision for one object, from memory alone: as if no registry had answered. */
export function decide(
  request: AdmissionRequest,
  phase: Phase,
  context: AdmissionContext,
): AdmissionDecision {
  return draftDecision(request, phase, context).conclude([]);
}

/**
 * Decides as far as memory can. Pure but for the lookups of the context; never throws on any object.
 * Source: spec openshift-admission.md 3 and 4; design section 4.
 */
export function draftDecision(
  request: AdmissionRequest,
  phase: Phase,
  context: AdmissionContext,
): DraftDecision {
  const namespace = context.namespaces.namespace(request.namespace);
  const scope = scopeOf(request, namespace, context.settings);
  switch (scope.kind) {
    case 'inapplicable':
      return decided({ images: [], patch: [], warnings: [], denial: inapplicable(scope.message) });
    case 'passed': {
      const { reason, message } = scope;
      const images = passOver(request, (slot) => ({
        outcome: 'unchanged',
        from: slot.image,
        reason,
        message,
      }));
      // Validation would only say again what mutation has said.
      const isTold = reason === 'ExemptNamespace' && phase === 'mutate';
      const warnings = isTold ? exemptWarning(request, images, message, namespace, context) : [];
      return decided({ images, patch: [], warnings: oneLiners(warnings) });
    }
    case 'judged': {
      const { workload, policy, part } = scope;
      const drafts = draftImages({ request, phase, context, namespace, workload, policy, part });
      const told = part === 'object' ? newTriggerProblems(request, workload) : nothingTold;
      const questions = drafts.flatMap((draft) => ('wanted' in draft ? [draft.wanted.question] : []));
      return {
        questions,
        conclude: (answers) => {
          const decision = conclude(request, phase, part, finished(drafts, answers));
          return withTriggers(decision, told, phase, context.settings);
        },
      };
    }
  }
}

function decided(decision: AdmissionDecision): DraftDecision {
  return { questions: [], conclude: () => decision };
}

/** Every image with its decision: those that were asked for take their answers in order. */
function finished(
  drafts: readonly SlotDraft[],
  answers: readonly FallbackAnswers[],
): readonly ImageDecision[] {
  const inOrder = answers.values();
  return drafts.map((draft) => {
    if ('resolution' in draft) return draft;
    const { slot, wanted } = draft;
    return { slot, resolution: wanted.finish(inOrder.next().value ?? []) };
  });
}

function conclude(
  request: AdmissionRequest,
  phase: Phase,
  part: Part,
  images: readonly ImageDecision[],
): AdmissionDecision {
  const denial = denialOf(images);
  if (denial !== undefined) return { images, patch: [], warnings: [], denial };
  if (phase === 'validate') return { images, patch: [], warnings: [] };
  // Only the object itself can carry the record: a subresource's answer may not touch the Pod's metadata.
  return part === 'object' ? recordedChange(request.object, request.oldObject, images) : imageChange(images);
}

const nothingTold: NewTriggerProblems = { problems: [], notes: [] };

/** The decision with what is to be said of triggers. */
function withTriggers(
  decision: AdmissionDecision,
  { problems, notes }: NewTriggerProblems,
  phase: Phase,
  { invalidTriggers }: AdmissionContext['settings'],
): AdmissionDecision {
  if (problems.length + notes.length === 0) return decision;
  const isDenied = invalidTriggers === 'deny' && problems.length > 0;
  if (isDenied) {
    const denial = joinDenials(triggerDenial(problems), decision.denial);
    return { ...decision, patch: [], warnings: [], ...(denial && { denial }) };
  }
  // Validation would only say again what mutation has said.
  if (phase === 'validate' || decision.denial !== undefined) return decision;
  const warnings = [...triggerWarnings([...problems, ...notes]), ...decision.warnings];
  return { ...decision, warnings: oneLiners(warnings) };
}

/** The images of an object that is not judged, so that whoever asks sees why. */
function passOver(
  request: AdmissionRequest,
  resolution: (slot: ImageSlot) => Resolution,
): readonly ImageDecision[] {
  const workload = kindOfResource(request.resource.group, request.resource.resource);
  if (workload === undefined || request.subResource !== '') return [];
  return imagesOf(workload, request.object).map((slot) => ({ slot, resolution: resolution(slot) }));
}

/** An exempt namespace is worth a word only where a stream would have had an answer. */
function exemptWarning(
  request: AdmissionRequest,
  images: readonly ImageDecision[],
  message: string,
  namespace: NamespaceFacts | undefined,
  { images: lookup, settings }: AdmissionContext,
): readonly string[] {
  const missed = images.find(({ slot }) => {
    const mode = lookupMode(namespace);
    const question = { image: slot.image, namespace: request.namespace, force: false, mode };
    const finding = findImage(question, lookup, settings.internalRegistryHostname);
    return finding.kind === 'resolved' && finding.local;
  });
  return missed === undefined
    ? []
    : [`${message}; "${missed.slot.image}" is not looked up in its image streams`];
}
