/**
 * The order in which the tags of a whole repository are imported, since there is a limit (vectors `tagPriority`): `latest`,
 * then major.minor from the newest down, then full versions from the newest down, then all others by their text. A leading
 * "v" is passed over; of two equal versions the one without it comes first.
 */
export function prioritizeTags(tags: readonly string[]): string[] {
  return tags
    .map(prioritized)
    .toSorted(compare)
    .map(({ tag }) => tag);
}

const ranks = { latest: 0, minor: 1, full: 2, other: 3 } as const;

interface Prioritized {
  readonly tag: string;
  readonly rank: (typeof ranks)[keyof typeof ranks];
  readonly version?: Version;
}

interface Version {
  /** Major, minor, patch. */
  readonly core: readonly bigint[];
  /** Empty: a release. */
  readonly preRelease: readonly string[];
}

function prioritized(tag: string): Prioritized {
  if (tag === 'latest') return { tag, rank: ranks.latest };
  const text = tag.startsWith('v') ? tag.slice(1) : tag;
  const full = parseVersion(text);
  if (full !== undefined) return { tag, rank: ranks.full, version: full };
  // "5.1" and "5.1-rc1" read as "5.1.0" and "5.1.0-rc1".
  const minor = /^(\d+\.\d+)(-\w+)?$/.exec(text);
  const version = minor === null ? undefined : parseVersion(`${minor[1] ?? ''}.0${minor[2] ?? ''}`);
  return version === undefined ? { tag, rank: ranks.other } : { tag, rank: ranks.minor, version };
}

const number = '(0|[1-9]\\d*)';
const identifier = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
/** Semantic Versioning 2.0.0. Groups: major, minor, patch, pre-release. Build metadata does not order. */
const versionPattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
);

function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', preRelease = ''] = match;
  // Dates and build numbers may be longer than a number is exact.
  return {
    core: [major, minor, patch].map(BigInt),
    preRelease: preRelease === '' ? [] : preRelease.split('.'),
  };
}

function compare(a: Prioritized, b: Prioritized): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  const byVersion = a.version && b.version ? compareVersions(b.version, a.version) : 0;
  if (byVersion !== 0) return byVersion;
  return compareTexts(a.tag, b.tag); // digits come before the "v"
}

function compareVersions(a: Version, b: Version): number {
  for (const [index, part] of a.core.entries()) {
    const other = b.core[index] ?? 0n;
    if (part !== other) return part < other ? -1 : 1;
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    // A release is newer than what came before it.
    return Math.sign(b.preRelease.length - a.preRelease.length);
  }
  for (const [index, part] of a.preRelease.entries()) {
    const other = b.preRelease[index];
    if (other === undefined) return 1;
    const difference = compareIdentifiers(part, other);
    if (difference !== 0) return difference;
  }
  return a.preRelease.length - b.preRelease.length;
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  if (!isNumberA || a.length === b.length) return compareTexts(a, b);
  return a.length - b.length;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
