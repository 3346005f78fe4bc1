import { importModes } from '../imagestream/whole-stream.ts';
import { longName } from './flags.ts';
import type { TypedFlag, TypedLine } from './completion-line.ts';
import type { Completion } from './verb.ts';
import { verbs } from './verbs.ts';

/** A word that may stand at the cursor. */
export interface Candidate {
  readonly text: string;
  readonly description?: string;
}

/** What may stand at the cursor. */
export type Offer =
  | { readonly kind: 'words'; readonly prefix: string; readonly words: readonly Candidate[] }
  /** The shell knows them better. */
  | { readonly kind: 'files' | 'folders' }
  | { readonly kind: 'contexts'; readonly prefix: string }
  /** Objects, of the cluster or of the folder. */
  | { readonly kind: 'objects'; readonly prefix: string; readonly of: ObjectWord; readonly typed: string };

export type ObjectWord = Exclude<Extract<Completion, string>, 'file' | 'nothing'> | 'namespace';

const nothing: Offer = { kind: 'words', prefix: '', words: [] };

/** Verbs of the server: their flags are for those who write a Deployment, and not completed. */
const serverVerbs: readonly Candidate[] = [
  { text: 'serve', description: 'run the admission webhook and the importer' },
  { text: 'webhook', description: 'run the admission webhook alone' },
  { text: 'controller', description: 'run the importer alone' },
];

/** Flags whose words are refused in oc's own way, and so stand nowhere else. */
const wordsOfFlags: Readonly<Record<string, readonly string[]>> = {
  importMode: importModes,
  source: ['imagestreamtag', 'imagestreamimage', 'docker'],
};

/** What the word with the cursor may be. */
export function offerFor(line: TypedLine): Offer {
  const { flag, current, verb, args, flagsAreOver } = line;
  if (flag !== undefined) return valueOf(flag, current);
  if (!flagsAreOver && current.startsWith('-')) return words(flagsOf(line));
  if (verb === undefined) return words(verbsBehind(line.path));
  const completion = verb.completes?.(args.length, args) ?? 'nothing';
  // TYPE/NAME is TYPE NAME in one word.
  const [type = ''] = current.split('/', 1);
  if (args.length === 0 && type !== current && typeof completion !== 'string' && completion.includes(type)) {
    return argument(verb.completes?.(1, [type]) ?? 'nothing', `${type}/`, current.slice(type.length + 1));
  }
  return argument(completion, '', current);
}

function argument(completion: Completion, prefix: string, typed: string): Offer {
  if (typeof completion !== 'string') return words(completion.map(word), prefix);
  if (completion === 'nothing') return nothing;
  return completion === 'file' ? { kind: 'files' } : { kind: 'objects', prefix, of: completion, typed };
}

function valueOf({ name, flag, prefix }: TypedFlag, typed: string): Offer {
  const { choices = wordsOfFlags[name], placeholder = '', alone } = flag;
  if (choices !== undefined) return words(choices.map(word), prefix);
  if (alone === 'true') return words(['true', 'false'].map(word), prefix);
  if (name === 'context') return { kind: 'contexts', prefix };
  if (name === 'namespace') return { kind: 'objects', prefix, of: 'namespace', typed };
  if (/^[a-z]+(?:\|[a-z]+)+$/.test(placeholder)) return words(placeholder.split('|').map(word), prefix);
  if (placeholder === 'DIR') return { kind: 'folders' };
  return placeholder.includes('FILE') ? { kind: 'files' } : nothing;
}

function flagsOf({ table, given }: TypedLine): readonly Candidate[] {
  return Object.entries(table)
    .filter(([key, { hidden, many }]) => hidden !== true && (many === true || !given.has(key)))
    .map(([key, { description }]) => ({ text: `--${longName(key)}`, description }));
}

/** The next words of all verbs that begin so. */
function verbsBehind(path: readonly string[]): readonly Candidate[] {
  const shown = verbs.filter(({ hidden }) => hidden !== true);
  const [first, ...more] = path;
  if (first === undefined) {
    const groups = new Map(shown.map((entry) => [entry.path[0], entry]));
    const own = [...groups].map(([text, entry]) =>
      entry.path.length === 1 ? { text, description: entry.summary } : { text },
    );
    return [...own, ...serverVerbs];
  }
  if (more.length > 0) return [];
  return shown
    .filter((entry) => entry.path.length === 2 && entry.path[0] === first)
    .flatMap(({ path: [, second = ''], aliases = [], summary }) =>
      [second, ...aliases].map((text) => ({ text, description: summary })),
    );
}

function words(candidates: readonly Candidate[], prefix = ''): Offer {
  return { kind: 'words', prefix, words: candidates };
}

function word(text: string): Candidate {
  return { text };
}
