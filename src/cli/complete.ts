import { contextWords } from './completion-contexts.ts';
import { readTypedLine, type TypedLine } from './completion-line.ts';
import { objectWords } from './completion-objects.ts';
import { offerFor, type Candidate, type Offer } from './completion-offer.ts';
import { bool } from './flags.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { Session } from './session.ts';
import { defineVerb } from './verb.ts';

/** A person waits with a finger on the key. */
const deadlineMs = 1_500;
const descriptionMax = 60;

/** What the scripts of `completion` ask: the words that may stand at the end of a command line. */
export const complete = defineVerb({
  usage: '[--kubectl] -- WORD ...',
  help: `Prints what the last word may be: one candidate a line, a tab and its description behind it. A last line ":files" or
":folders" asks the shell for files. What cannot be found out is left out without a word.`,
  examples: `# What the scripts of "completion" ask
pinstream __complete -- tag keycloak:`,
  flags: { kubectl: bool("answer as kubectl asks its plugins: a last line with cobra's directive") },
  sessionFlags: async (words) => quick((await readTypedLine(words)).globals),
  run: async (words, { kubectl = false }, session) => {
    const line = await readTypedLine(words);
    const offer = offerFor(line);
    const candidates = await within(deadlineMs, candidatesOf(offer, line, session)).catch(() => []);
    const lines = candidates.map(({ text, description = '' }) =>
      description === '' ? text : `${text}\t${oneLine(description)}`,
    );
    const last = kubectl ? [directive(offer, candidates)] : isOfFiles(offer) ? [`:${offer.kind}`] : [];
    session.output.out([...lines, ...last].map((text) => `${text}\n`).join(''));
    return 0;
  },
});

/** What a cluster does not answer in time is not waited for. */
function quick({ v: _quiet, ...globals }: GlobalFlags): GlobalFlags {
  return { ...globals, requestTimeout: Math.min(deadlineMs, globals.requestTimeout ?? deadlineMs) };
}

async function candidatesOf(offer: Offer, line: TypedLine, session: Session): Promise<readonly Candidate[]> {
  if (isOfFiles(offer)) return [];
  const { prefix } = offer;
  const found = await wordsOf(offer, line, session);
  return found
    .map(({ text, ...rest }) => ({ ...rest, text: prefix + text }))
    .filter(({ text }) => isPlain(text) && text.startsWith((line.flag?.prefix ?? '') + line.current));
}

async function wordsOf(
  offer: Exclude<Offer, { kind: 'files' | 'folders' }>,
  line: TypedLine,
  session: Session,
): Promise<readonly Candidate[]> {
  switch (offer.kind) {
    case 'words':
      return offer.words;
    case 'contexts':
      return contextWords(line.globals, session);
    case 'objects':
      return objectWords(offer.of, offer.typed, await session.backend());
  }
}

function isOfFiles(offer: Offer): offer is Extract<Offer, { kind: 'files' | 'folders' }> {
  return offer.kind === 'files' || offer.kind === 'folders';
}

/** A word goes into a command line as it is: what a shell would take for more than a word is never offered. */
function isPlain(text: string): boolean {
  return /^[\w.:@/=+%,-]+$/.test(text);
}

function oneLine(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return plain.length > descriptionMax ? `${plain.slice(0, descriptionMax - 1)}…` : plain;
}

/** Cobra's directives: 2 for no space behind it, 4 for no files, 16 for folders alone; 0 leaves it to the shell. */
function directive(offer: Offer, candidates: readonly Candidate[]): string {
  if (offer.kind === 'files') return ':0';
  if (offer.kind === 'folders') return ':16';
  return candidates.some(({ text }) => /[:/=]$/.test(text)) ? ':6' : ':4';
}

async function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
