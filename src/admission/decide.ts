import { ignoredRuleNames } from '../policy/execution-rules.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { findImage } from '../resolver/find-image.ts';
import type { ImageRules } from '../resolver/judge-image.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { resolveImage } from '../resolver/resolve-image.ts';
import { ephemeralImages, imagesOf, type ImageSlot } from '../workload/images.ts';
import { kindOfResource, type WorkloadKind } from '../workload/kinds.ts';
import { asksToResolveNames, wishesOf, type ObjectWishes } from './annotations.ts';
import type { AdmissionDecision, ImageDecision } from './decision.ts';
import { denialOf, inapplicable } from './denial.ts';
import { ignoreRulesAnnotation, lookupMode, type NamespaceFacts } from './namespace.ts';
import { imagePatch } from './patch.ts';
import type { AdmissionRequest, Phase } from './request.ts';
import { recordPatch } from './resolved-images.ts';
import { scopeOf, type Part } from './scope.ts';
import type { AdmissionContext } from './settings.ts';
import { unchangedSince } from './unchanged.ts';
import { oneLiners } from './warnings.ts';

/**
 * The decision for one object, from memory alone. Pure but for the lookups of the context; never throws on any object.
 * Source: spec openshift-admission.md 3 and 4; design section 4.
 */
export function decide(
  request: AdmissionRequest,
  phase: Phase,
  context: AdmissionContext,
): AdmissionDecision {
  const namespace = context.namespaces.namespace(request.namespace);
  const scope = scopeOf(request, namespace, context.settings);
  switch (scope.kind) {
    case 'inapplicable':
      return { images: [], patch: [], warnings: [], denial: inapplicable(scope.message) };
    case 'passed': {
      const { reason, message } = scope;
      const images = passOver(request, (slot) => ({
        outcome: 'unchanged',
        from: slot.image,
        reason,
        message,
      }));
      const warnings =
        reason === 'ExemptNamespace' ? exemptWarning(request, images, message, namespace, context) : [];
      return { images, patch: [], warnings: oneLiners(warnings) };
    }
    case 'judged': {
      const { workload, policy, part } = scope;
      const images = decideImages({ request, phase, context, namespace, workload, policy, part });
      return conclude(request, phase, part, images);
    }
  }
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
  const record = part === 'object' ? recordPatch(request.object, request.oldObject, images) : [];
  const warnings = images.flatMap(({ resolution }) => resolution.warning ?? []);
  return { images, patch: [...imagePatch(images), ...record], warnings: oneLiners(warnings) };
}

interface Subject {
  readonly request: AdmissionRequest;
  readonly phase: Phase;
  readonly context: AdmissionContext;
  readonly namespace: NamespaceFacts | undefined;
  readonly workload: WorkloadKind;
  readonly policy: ResourcePolicy;
  readonly part: Part;
}

function decideImages(subject: Subject): readonly ImageDecision[] {
  const { request, context, namespace, workload, part } = subject;
  const wishes = wishesOf(workload, request.object);
  const slots = part === 'object' ? imagesOf(workload, request.object) : ephemeralImages(request.object);
  const isUnchanged = request.operation === 'UPDATE' ? unchangedOnUpdate(subject, wishes) : () => false;
  const rules: ImageRules = {
    policy: subject.policy,
    ignoredRules: ignoredRuleNames(namespace?.annotations[ignoreRulesAnnotation]),
    registrySources: context.settings.registrySources,
    internalRegistryHostname: context.settings.internalRegistryHostname,
    missingTag: context.settings.missingTag,
  };
  return slots.map((slot) => {
    if (isUnchanged(slot)) return { slot, resolution: unchangedResolution(slot) };
    const frozen = frozenBy(slot, subject, wishes);
    const question = {
      image: slot.image,
      namespace: request.namespace,
      force: wishes.resolveNames,
      mode: lookupMode(namespace),
      ...(slot.buildReference === undefined ? {} : { buildReference: slot.buildReference }),
    };
    const applied = frozen === undefined ? rules : { ...rules, frozen };
    return { slot, resolution: resolveImage(question, applied, context.images) };
  });
}

/** Which images of an update are as they were stored. A changed wish to resolve names makes all of them count as new. */
function unchangedOnUpdate(
  { request, workload, part }: Subject,
  wishes: ObjectWishes,
): (slot: ImageSlot) => boolean {
  const { object, oldObject } = request;
  if (part === 'ephemeralContainers') return unchangedSince(ephemeralImages(oldObject));
  // The API server refuses a change of a Pod's volumes, so they are never touched after creation.
  const fixed = (slot: ImageSlot) => slot.role === 'volumes' && workload.kind === 'Pod';
  if (wishes.resolveNames !== asksToResolveNames(workload, oldObject)) return fixed;
  const unchanged = unchangedSince(imagesOf(workload, oldObject ?? object));
  return (slot) => fixed(slot) || unchanged(slot);
}

function unchangedResolution(slot: ImageSlot): Resolution {
  const message = 'the stored object names the same image already';
  return { outcome: 'unchanged', from: slot.image, reason: 'UnchangedOnUpdate', message };
}

/** Why an image may not be rewritten, whatever it resolves to. */
function frozenBy(slot: ImageSlot, subject: Subject, wishes: ObjectWishes): ImageRules['frozen'] {
  const { request, workload, namespace } = subject;
  if (workload.immutableSpec === true && request.operation === 'UPDATE') {
    return {
      reason: 'ImmutableKind',
      message: `the images of a ${workload.kind} cannot change after its creation`,
    };
  }
  if (lookupMode(namespace) === 'disabled') {
    return { reason: 'LookupDisabled', message: `namespace ${request.namespace} has image lookup disabled` };
  }
  if (wishes.skipObject || wishes.skipContainers.has(slot.container)) {
    return { reason: 'Skipped', message: 'an annotation asks to leave it alone' };
  }
  return subject.phase === 'validate' ? { message: 'validation rewrites nothing' } : undefined;
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
