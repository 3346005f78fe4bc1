import { asUrl } from './url.ts';

/** One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1); parameter names in lower case. */
export interface RawChallenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** What a registry wants to see. */
export type Challenge =
  { readonly scheme: 'basic' } | { readonly scheme: 'bearer'; readonly realm: URL; readonly service: string };

/** Challenges are remembered for each repository, so that their size matters; those in use have some fifty characters. */
const realmMax = 1024;
const serviceMax = 256;

const tokenPattern = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const token68Pattern = /[0-9A-Za-z._~+/-]+=*(?=\s*(?:,|$))/y;

/** Every challenge of a header, in its order. What does not parse ends the reading, what came before is kept. */
export function parseChallenges(header: string): readonly RawChallenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const skip = (pattern: RegExp): void => {
    while (at < header.length && pattern.test(header.charAt(at))) at += 1;
  };
  const read = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const [text = ''] = pattern.exec(header) ?? [];
    at += text.length;
    return text;
  };
  for (;;) {
    skip(/[\s,]/);
    const name = read(tokenPattern);
    if (name === '') return challenges;
    skip(/\s/);
    const current = challenges.at(-1);
    if (header.charAt(at) === '=' && current !== undefined) {
      at += 1;
      skip(/\s/);
      const value = header.charAt(at) === '"' ? quotedFrom(header, at) : undefined;
      if (value !== undefined) at = value.end;
      current.parameters.set(name.toLowerCase(), value?.text ?? read(tokenPattern));
    } else {
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
      read(token68Pattern);
    }
  }
}

/** The first challenge that can be answered: Bearer before Basic, as upstream. */
export function chooseChallenge(header: string): Challenge | undefined {
  const challenges = parseChallenges(header);
  for (const { scheme, parameters } of challenges) {
    const realm = asUrl(parameters.get('realm') ?? '');
    const service = parameters.get('service') ?? '';
    const usable = realm !== undefined && realm.href.length <= realmMax && service.length <= serviceMax;
    if (scheme === 'bearer' && usable) return { scheme: 'bearer', realm, service };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined;
}

/** Whether two challenges ask for the same. */
export function isSameChallenge(one: Challenge, other: Challenge): boolean {
  if (one.scheme === 'basic' || other.scheme === 'basic') return one.scheme === other.scheme;
  return one.realm.href === other.realm.href && one.service === other.service;
}

function quotedFrom(header: string, start: number): { readonly text: string; readonly end: number } {
  let text = '';
  let at = start + 1;
  for (; at < header.length && header.charAt(at) !== '"'; at += 1) {
    if (header.charAt(at) === '\\') at += 1;
    text += header.charAt(at);
  }
  return { text, end: at + 1 };
}
