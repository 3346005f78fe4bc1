import { ignoredRuleNames } from '../policy/execution-rules.ts';
import { judgeImage, type ImageRules } from '../resolver/judge-image.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { draftImage, type Fallback, type ImageDraft } from '../resolver/resolve-image.ts';
import { ephemeralImages, imagesOf, type ImageSlot } from '../workload/images.ts';
import { podSecretsOf } from '../workload/pull-secrets.ts';
import { asksToResolveNames, wishesOf, type ObjectWishes } from './annotations.ts';
import { ignoreRulesAnnotation, lookupMode } from './namespace.ts';
import { recordedImages } from './resolved-images.ts';
import type { Subject } from './subject.ts';
import { triggeredImages } from './triggered-images.ts';
import { unchangedSince } from './unchanged.ts';

/** One image of the object: decided, or what registries have to be asked for it. */
export interface SlotDraft {
  readonly slot: ImageSlot;
  readonly draft: ImageDraft;
}

/** Decides each image of the object as far as memory can. */
export function draftImages(subject: Subject): readonly SlotDraft[] {
  const { request, context, namespace, workload, part } = subject;
  const wishes = wishesOf(workload, request.object);
  const slots = part === 'object' ? imagesOf(workload, request.object) : ephemeralImages(request.object);
  const isUnchanged = request.operation === 'UPDATE' ? unchangedOnUpdate(subject, wishes) : () => false;
  const rules: ImageRules = {
    policy: subject.policy,
    ignoredRules: ignoredRuleNames(namespace?.annotations[ignoreRulesAnnotation]),
    registrySources: context.settings.registrySources,
    internalRegistryHostname: context.settings.internalRegistryHostname,
    localRegistry: context.settings.localRegistry,
    missingTag: context.settings.missingTag,
    fallbackOnFailure: context.settings.fallback.onFailure,
  };
  const fallback = fallbackOf(subject);
  const restored = restoring(subject, wishes);
  const triggers = triggeredImages(subject, slots);
  const unnamed = triggers?.unnamed.filter((slot) => frozenBy(slot, subject, wishes) === undefined) ?? [];
  return [...slots, ...unnamed].map((slot) => {
    const triggered = triggers?.find(slot, isUnchanged(slot));
    if (triggered !== undefined && frozenBy(slot, subject, wishes) === undefined) {
      return decided(slot, judgeImage(slot.image, triggered, rules));
    }
    if (isUnchanged(slot)) return decided(slot, unchangedResolution(slot));
    const asCreated = restored(slot);
    if (asCreated !== undefined) return decided(slot, asCreated);
    const frozen = frozenBy(slot, subject, wishes);
    const question = {
      image: slot.image,
      namespace: request.namespace,
      force: wishes.resolveNames,
      mode: lookupMode(namespace),
      ...(slot.buildReference === undefined ? {} : { buildReference: slot.buildReference }),
    };
    const applied = frozen === undefined ? rules : { ...rules, frozen };
    return { slot, draft: draftImage(question, applied, context.images, fallback) };
  });
}

function decided(slot: ImageSlot, resolution: Resolution): SlotDraft {
  return { slot, draft: { kind: 'resolved', resolution } };
}

/** Registries are asked only where their answer could be written: validation rewrites nothing. */
function fallbackOf({ request, phase, context, workload }: Subject): Fallback | undefined {
  const { fallback, settings } = context;
  if (fallback === undefined || phase === 'validate') return undefined;
  const credentials = { namespace: request.namespace, ...podSecretsOf(workload, request.object) };
  return { settings: settings.fallback, lookup: fallback, credentials };
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

/**
 * Applying a Job's manifest again names the tag that its creation resolved, while its images cannot change: what it was
 * resolved to then is put back, or the API server would refuse a manifest that nobody touched.
 */
function restoring(subject: Subject, wishes: ObjectWishes): (slot: ImageSlot) => Resolution | undefined {
  const { request, workload, phase } = subject;
  const { oldObject } = request;
  const fixed = workload.immutableSpec === true && request.operation === 'UPDATE';
  if (!fixed || phase === 'validate' || wishes.skipObject) return () => undefined;
  const stored = new Map(imagesOf(workload, oldObject).map(({ container, image }) => [container, image]));
  const recorded = recordedImages(oldObject);
  return ({ container, image }) => {
    const entry = recorded.get(container);
    if (entry?.from !== image || entry.to !== stored.get(container)) return undefined;
    const message = `kept as it was created: the images of a ${workload.kind} cannot change`;
    const { to, source } = entry;
    return {
      outcome: 'rewritten',
      from: image,
      to,
      reason: 'ImmutableKind',
      message,
      ...(source && { source }),
    };
  };
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
