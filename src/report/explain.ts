import type { AdmissionRequest } from '../admission/request.ts';
import { lookupLabel, lookupMode } from '../admission/namespace.ts';
import { resolveNamesAnnotation } from '../admission/annotations.ts';
import type { AdmissionContext } from '../admission/settings.ts';
import type { StreamTag } from '../imagestream/stream-tag.ts';
import { restrictsRegistries } from '../policy/registry-rules.ts';
import { formatReference, formatRepository } from '../reference/format.ts';
import { parseReference } from '../reference/parse.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { Candidate, CandidateAnswer, FallbackAnswers, FallbackQuestion } from '../resolver/fallback.ts';
import { tagRequest, type TagRequest } from '../resolver/find-tag.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { shown, tagList } from '../resolver/wording.ts';
import { adviceFor } from './advice.ts';

/** A decision that is to be told. */
export interface DecidedImage {
  /** The creation of an object that names only this image. */
  readonly request: AdmissionRequest;
  readonly context: AdmissionContext;
  /** It carries the annotation `resolve-names`. */
  readonly force: boolean;
  readonly resolution: Resolution;
  /** What registries were asked, and said. */
  readonly asked?: { readonly question: FallbackQuestion; readonly answers: FallbackAnswers };
}

/** A decision in sentences; its JSON form is what `explain -o json` prints. */
export interface Explanation {
  readonly image: string;
  readonly namespace: string;
  readonly outcome: Resolution['outcome'];
  readonly reason: Resolution['reason'];
  readonly message: string;
  /** What would be admitted; the image itself where nothing changes. */
  readonly to: string;
  readonly steps: readonly string[];
  /** What somebody can do who wants it pinned. */
  readonly advice: readonly string[];
}

/** Tells how a decision came about, from the facts that it was made of. Nothing is decided here. */
export function explain(decided: DecidedImage): Explanation {
  const { request, resolution } = decided;
  const { from, outcome, reason, message } = resolution;
  const to = resolution.outcome === 'rewritten' ? resolution.to : from;
  const { namespace } = request;
  const steps = [...findingSteps(decided), ...ruleSteps(decided)];
  const advice = adviceFor(resolution, namespace, streamOf(decided));
  return { image: from, namespace, outcome, reason, message, to, steps, advice };
}

/** The explanation for a terminal: a line a step, what it comes to, and what to do. */
export function explanationText(explanation: Explanation): string {
  const { image, outcome, reason, message, to, steps, advice } = explanation;
  const numbered = steps.map((step, index) => `${index + 1}. ${step}`);
  const end = {
    rewritten: `=> ${to} (${reason})`,
    unchanged: `=> ${image} stays as it is (${reason})`,
    denied: `=> denied (${reason}): ${message}`,
  }[outcome];
  return [...numbered, end, ...advice].map((line) => `${line}\n`).join('');
}

/** From the name to an image, or to none. */
function findingSteps(decided: DecidedImage): readonly string[] {
  const { request, resolution, context } = decided;
  const { from, reason, message } = resolution;
  const isPassed = reason === 'ExemptNamespace' || reason === 'NotCovered' || reason === 'ControllerOwned';
  if (isPassed) return [sentence(message)];
  const parsed = parseReference(from);
  if (!parsed.ok) return [sentence(`"${shown(from)}" is not an image reference: ${parsed.error}`)];
  const { reference } = parsed;
  if (reference.id !== '') return [`"${shown(from)}" names a digest, so it says already which image it is.`];
  const wanted = wantedTag(decided, reference);
  const found = wanted && context.images.tag(wanted.namespace, wanted.stream, wanted.tag);
  const isAsked = modeOf(decided) !== 'fallback';
  return [
    nameStep(reference, wanted, decided),
    namespaceStep(request.namespace, context),
    ...(wanted !== undefined && isAsked ? streamSteps(wanted, found, decided) : []),
    ...fallbackSteps(reference, decided),
  ];
}

function nameStep(
  reference: ImageReference,
  wanted: TagRequest | undefined,
  { resolution, force }: DecidedImage,
): string {
  const image = `"${shown(resolution.from)}"`;
  const { registry, tag } = reference;
  if (wanted === undefined) {
    const what = registry === '' ? 'is a path of more than one part' : `names its registry, ${registry}`;
    return `${image} ${what}: no image stream is asked.`;
  }
  const latest = tag === '' ? `${wanted.tag}, since it names none` : wanted.tag;
  const isShort = registry === '' && reference.namespace === '';
  if (!wanted.partial) {
    const stream = `${wanted.namespace}/${wanted.stream}`;
    return `${image} is a pull spec of the internal registry: it asks image stream ${stream} for tag ${latest}.`;
  }
  const asks = `asks image stream "${wanted.stream}" for tag ${latest}`;
  if (isShort || !force) return `${image} is a short name: it ${asks}.`;
  return `The annotation ${resolveNamesAnnotation} has every name looked up here: ${image} ${asks}.`;
}

function namespaceStep(name: string, { namespaces }: AdmissionContext): string {
  const facts = namespaces.namespace(name);
  if (facts === undefined)
    return `Of namespace ${name} no labels are known: its streams are opened one by one.`;
  const label = facts.labels[lookupLabel];
  const says = `Namespace ${name} has the label ${lookupLabel}: ${shown(label ?? '')}`;
  switch (lookupMode(facts)) {
    case 'all':
      return `${says}, so each of its streams is open for short names.`;
    case 'fallback':
      return `${says}, so its streams are not asked.`;
    case 'disabled':
      return `${says}, so nothing is rewritten in it; rules judge all the same.`;
    case 'enabled':
      if (label === undefined)
        return `Namespace ${name} has no label ${lookupLabel}: its streams are opened one by one.`;
      return label === 'enabled'
        ? `${says}, so its streams are opened one by one.`
        : `${says}, which is no value that is known: its streams are opened one by one.`;
  }
}

function streamSteps(
  wanted: TagRequest,
  found: StreamTag | undefined,
  decided: DecidedImage,
): readonly string[] {
  const { namespace, stream } = wanted;
  const named = `${namespace}/${stream}`;
  if (found === undefined) return [`There is no image stream "${stream}" in namespace ${namespace}.`];
  if (!wanted.partial) {
    return [`Image stream ${named} exists; a full pull spec needs no open one.`, ...tagSteps(found, decided)];
  }
  const why = opening(wanted, found, decided);
  if (why === undefined) {
    return [`Image stream ${named} is not open for short names: its spec.lookupPolicy.local is not true.`];
  }
  return [`Image stream ${named} is open: ${why}.`, ...tagSteps(found, decided)];
}

/** Why a stream answers short names; undefined where it does not. */
function opening(
  { permitted }: TagRequest,
  { localLookup }: StreamTag,
  { force }: DecidedImage,
): string | undefined {
  if (localLookup) return 'its spec.lookupPolicy.local is true';
  if (!permitted) return undefined;
  return force ? `the annotation ${resolveNamesAnnotation} asks it all the same` : 'its namespace opens all';
}

function tagSteps(found: StreamTag, decided: DecidedImage): readonly string[] {
  const { namespace, stream, tag, event } = found;
  const { resolution, context } = decided;
  if (event === undefined) {
    const names = context.images.tagNames(namespace, stream);
    const missing = `Its tag ${shown(tag, 40)} names no image; ${tagList(names)}.`;
    return resolution.reason === 'ImageStreamTagMissing'
      ? [
          missing,
          'As in OpenShift, the name becomes the repository of the stream with that tag, without a digest.',
        ]
      : [missing];
  }
  const { image, generation, created, dockerImageReference } = event;
  const facts = [
    ...(generation === undefined ? [] : [`generation ${generation}`]),
    ...(created === undefined ? [] : [`since ${created}`]),
    `from ${shown(dockerImageReference, 200)}`,
  ];
  return [
    `Its tag ${tag} stands for ${image}: ${facts.join(', ')}.`,
    policyStep(found, dockerImageReference, decided),
  ];
}

function policyStep({ referencePolicy }: StreamTag, recorded: string, { resolution }: DecidedImage): string {
  if (referencePolicy === 'Source')
    return 'Its reference policy is Source: it is pulled from where it came from.';
  const start = 'Its reference policy is Local';
  const from = parseReference(recorded);
  const to = parseReference(resolution.outcome === 'rewritten' ? resolution.to : '');
  if (!to.ok) return `${start}.`;
  const place = formatRepository(to.reference);
  if (from.ok && formatRepository(from.reference) === place) {
    return `${start}, but there is no integrated registry and no cache for it: it is pulled from where it came from.`;
  }
  const what = resolution.reason === 'Mirror' ? 'a cache' : 'the integrated registry';
  return `${start}: it is pulled through ${what}, from ${place}.`;
}

/** Reasons with which no stream has answered. */
const unanswered: ReadonlySet<Resolution['reason']> = new Set<Resolution['reason']>([
  'NoStream',
  'LookupClosed',
  'LookupDisabled',
  'Qualified',
]);

function fallbackSteps(reference: ImageReference, decided: DecidedImage): readonly string[] {
  const { asked, resolution, context } = decided;
  if (asked !== undefined) {
    return asked.question.candidates.map((candidate, index) =>
      candidateStep(candidate, asked.answers[index]),
    );
  }
  if (!unanswered.has(resolution.reason) || modeOf(decided) === 'disabled') return [];
  const { mode, search, pinQualified } = context.settings.fallback;
  if (mode === 'leave')
    return ['No registry is asked about it: the configuration says fallback.mode: leave.'];
  if (reference.registry !== '') {
    return pinQualified
      ? []
      : ['No registry is asked about it: the configuration does not say fallback.pinQualified: true.'];
  }
  return search.length === 0
    ? ['No registry is asked about it: the configuration names none to search.']
    : ['No registry is asked about it: the registry rules allow none of those to search.'];
}

function candidateStep({ reference }: Candidate, answer: CandidateAnswer | undefined): string {
  const name = formatReference(reference);
  const asked = `Registry ${reference.registry} is asked for ${name}`;
  switch (answer?.kind) {
    case undefined:
      return `${asked}: not waited for.`;
    case 'absent':
      return `${asked}: it has none, or none for us.`;
    case 'failed':
      return sentence(`${asked}: it does not say (${shown(answer.detail, 200)})`);
    case 'found': {
      const stale =
        answer.staleMs === undefined ? '' : `, as it said ${Math.round(answer.staleMs / 1000)} s ago`;
      return `${asked}: it has ${answer.digest}${stale}.`;
    }
  }
}

/** What rules say of it. The first that refuses ends it, so later ones have nothing to say. */
function ruleSteps({ request, context, resolution }: DecidedImage): readonly string[] {
  const { reason, message, outcome } = resolution;
  const { registrySources, imagePolicy } = context.settings;
  if (reason === 'ExemptNamespace' || reason === 'NotCovered' || reason === 'ControllerOwned') return [];
  const { resource } = request.resource;
  const { executionRules, rewritesLocalNames } = imagePolicy(request.resource);
  const isLate = reason === 'ResolutionRequired' || reason === 'ExecutionRule';
  if (outcome === 'denied' && !isLate) return [sentence(`The rules refuse it: ${message}`)];
  const steps = restrictsRegistries(registrySources) ? ['The registry rules let it pass.'] : [];
  if (outcome === 'denied') return [...steps, sentence(`The image policy refuses it: ${message}`)];
  if (executionRules.length > 0) steps.push(`The execution rules for ${resource} let it pass.`);
  const isFound = reason === 'ImageStreamTag' || reason === 'InternalRegistry' || reason === 'Mirror';
  if (isFound && outcome === 'unchanged') {
    const what = rewritesLocalNames ? 'names in full' : `images of ${resource}`;
    steps.push(`The image policy does not rewrite ${what}.`);
  }
  return steps;
}

/** The stream that the name asks for, whether there is one or not. */
function streamOf(decided: DecidedImage): TagRequest | undefined {
  const parsed = parseReference(decided.resolution.from);
  return parsed.ok && parsed.reference.id === '' ? wantedTag(decided, parsed.reference) : undefined;
}

function wantedTag(decided: DecidedImage, reference: ImageReference): TagRequest | undefined {
  const { request, context, force, resolution } = decided;
  const { namespace } = request;
  const question = { image: resolution.from, namespace, force, mode: modeOf(decided) };
  return tagRequest(question, reference, context.settings.internalRegistryHostname);
}

function modeOf({ request, context }: DecidedImage) {
  return lookupMode(context.namespaces.namespace(request.namespace));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
