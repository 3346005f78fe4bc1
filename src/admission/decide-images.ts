import { ignoredRuleNames } from '../policy/execution-rules.ts';
import type { ResourcePolicy } from '../policy/resource-policy.ts';
import { judgeImage, type ImageRules } from '../resolver/judge-image.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { draftImage, type Fallback, type WantedImage } from '../resolver/resolve-image.ts';
import { ephemeralImages, imagesOf, type ImageSlot } from '../workload/images.ts';
import { podSecretsOf } from '../workload/pull-secrets.ts';
import { asksToResolveNames, wishesOf, type ObjectWishes } from './annotations.ts';
import type { ImageDecision } from './decision.ts';
import { ignoreRulesAnnotation, lookupMode } from './namespace.ts';
import { recordedImages } from './resolved-images.ts';
import type { AdmissionSettings } from './settings.ts';
import type { Subject } from './subject.ts';
import { triggeredImages } from './triggered-images.ts';
import { unchangedSince } from './unchanged.ts';

/** One image of the object: decided, or what registries have to be asked for it. */
export type SlotDraft = ImageDecision | WantedSlot;

export interface WantedSlot {
  readonly slot: ImageSlot;
  readonly wanted: WantedImage;
}

/** Decides each image of the object as far as memory can. */
export function draftImages(subject: Subject): readonly SlotDraft[] {
  const { request, context, namespace, workload, part } = subject;
  const wishes = wishesOf(workload, request.object);
  const slots = part === 'object' ? imagesOf(workload, request.object) : ephemeralImages(request.object);
  const isUnchanged = request.operation === 'UPDATE' ? unchangedOnUpdate(subject, wishes) : () => false;
  const rules = imageRules(subject.policy, context.settings, namespace?.annotations[ignoreRulesAnnotation]);
  const fallback = fallbackOf(subject);
  const restored = restoring(subject, wishes);
  const triggers = triggeredImages(subject, slots);
  const unnamed = triggers?.unnamed.filter((slot) => frozenBy(slot, subject, wishes) === undefined) ?? [];
  return [...slots, ...unnamed].map((slot): SlotDraft => {
    const triggered = triggers?.find(slot, isUnchanged(slot));
    if (triggered !== undefined && frozenBy(slot, subject, wishes) === undefined) {
      return { slot, resolution: judgeImage(slot.image, triggered, rules) };
    }
    if (isUnchanged(slot)) return { slot, resolution: unchangedResolution(slot) };
    const asCreated = restored(slot);
    if (asCreated !== undefined) return { slot, resolution: asCreated };
    const frozen = frozenBy(slot, subject, wishes);
    const question = {
      image: slot.image,
      namespace: request.namespace,
      force: wishes.resolveNames,
      mode: lookupMode(namespace),
      ...(slot.buildReference === undefined ? {} : { buildReference: slot.buildReference }),
    };
    const applied = frozen === undefined ? rules : { ...rules, frozen };
    const draft = draftImage(question, applied, context.images, fallback);
    return 'resolution' in draft ? { slot, resolution: draft.resolution } : { slot, wanted: draft };
  });
}

const usualRules = new WeakMap<
  ResourcePolicy,
  { readonly settings: AdmissionSettings; readonly rules: ImageRules }
>();

/** What judges the images of a resource; the same object as long as the settings are the same, where the namespace ignores no rule. */
function imageRules(
  policy: ResourcePolicy,
  settings: AdmissionSettings,
  ignored: string | undefined,
): ImageRules {
  const known = usualRules.get(policy);
  if (ignored === undefined && known?.settings === settings) return known.rules;
  const rules: ImageRules = {
    policy,
    ignoredRules: ignoredRuleNames(ignored),
    registrySources: settings.registrySources,
    internalRegistryHostname: settings.internalRegistryHostname,
    localRegistry: settings.localRegistry,
    missingTag: settings.missingTag,
    fallbackOnFailure: settings.fallback.onFailure,
  };
  if (ignored === undefined) usualRules.set(policy, { settings, rules });
  return rules;
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
