import { askedObject, type AskedObject } from '../admission/asked-object.ts';
import type { AdmissionDecision, ImageDecision } from '../admission/decision.ts';
import { imagePatch } from '../admission/patch.ts';
import { asObject, objectAt } from '../json/untyped.ts';
import { changeObject } from '../manifest/change-object.ts';
import { readPlacedDocuments, type ObjectPlace } from '../manifest/documents.ts';
import { replaceTexts, type TextChange } from '../manifest/replace-texts.ts';
import { patched } from './admitted.ts';

/** One text with the objects in it. */
export interface AskedInput {
  readonly name: string;
  readonly text: string;
  readonly objects: readonly PlacedQuestion[];
}

export interface PlacedQuestion {
  readonly at: ObjectPlace;
  /** What stands there: the object, or the AdmissionReview around it. */
  readonly raw: object;
  readonly asked: AskedObject;
}

export type InputReading =
  | { readonly ok: true; readonly input: AskedInput }
  /** `shape`: it parses, and is no Kubernetes object; `message` begins with the place. */
  | { readonly ok: false; readonly reason: 'syntax' | 'shape'; readonly message: string };

/** Reads the objects of a text, to be asked about. */
export function readAskedInput(name: string, text: string, defaultNamespace: string): InputReading {
  const documents = readPlacedDocuments(text);
  if (!documents.ok) {
    const { document, line, column } = documents.place;
    const place = line === 0 ? `${name}: document ${document}` : `${name}:${line}:${column}`;
    const reason = documents.reason === 'syntax' ? 'syntax' : 'shape';
    return { ok: false, reason, message: `${place}: ${documents.message}` };
  }
  const objects: PlacedQuestion[] = [];
  for (const [index, { object, at }] of documents.objects.entries()) {
    const reading = askedObject(object, defaultNamespace);
    if (!reading.ok) {
      return { ok: false, reason: 'shape', message: `${name}: object ${index + 1}: ${reading.message}` };
    }
    objects.push({ at, raw: object, asked: reading.asked });
  }
  return { ok: true, input: { name, text, objects } };
}

/** An object of a text, and what was decided about it. */
export interface PlacedDecision extends PlacedQuestion {
  readonly decision: AdmissionDecision;
}

export type ResolvedText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/**
 * The text with the images that its objects would be admitted with; every other byte is kept. What admission records beside
 * them (`pinstream.dev/resolved-images`) is not written: in a file it would only be noise, and the webhook does it anyway.
 */
export function resolvedText(text: string, objects: readonly PlacedDecision[]): ResolvedText {
  const changes = objects.flatMap(({ at, asked, decision }) =>
    decision.images.flatMap((image) => textChange(at, asked, image)),
  );
  const replaced = replaceTexts(text, changes);
  if (!replaced.ok) return replaced;
  let result = replaced.text;
  for (const { at, raw, asked, decision } of objects) {
    if (imagePatch(decision.images.filter(isNoText)).length === 0) continue;
    const edit = changeObject(result, at, withImages(raw, asked, decision.images));
    if (!edit.ok) return { ok: false, message: `${asked.kind} ${asked.name}: ${edit.message}` };
    result = edit.text;
  }
  return { ok: true, text: result };
}

/**
 * Whether there is no text to replace: a build names its image by an object reference, which is replaced as a whole, and a
 * container that a trigger sets need not name any.
 */
function isNoText({ slot }: Pick<ImageDecision, 'slot'>): boolean {
  return slot.role === 'build' || slot.image === '';
}

function textChange(
  at: ObjectPlace,
  { isReview }: AskedObject,
  { slot, resolution }: ImageDecision,
): readonly TextChange[] {
  if (resolution.outcome !== 'rewritten' || isNoText({ slot })) return [];
  const steps = slot.pointer.split('/').slice(1);
  const path = steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  return [{ at, path: isReview ? ['request', 'object', ...path] : path, value: resolution.to }];
}

/** What stands in the text, with all its images as they would be admitted. */
function withImages(
  raw: object,
  { object, isReview }: AskedObject,
  images: readonly ImageDecision[],
): object {
  const next = asObject(patched(object, imagePatch(images)));
  return isReview ? { ...raw, request: { ...objectAt(raw, 'request'), object: next } } : next;
}
