import { decide as decideReview } from '../src/admission/decide.ts';
import type { AdmissionContext } from '../src/admission/settings.ts';
import { parseConfiguration } from '../src/config/parse.ts';
import { admissionSettings } from '../src/config/settings.ts';
import { ObjectIndex } from '../src/store/object-index.ts';
import { readReview } from '../src/admission/review.ts';
import type { Bench, BenchOptions, BenchResult } from './bench.ts';
import { benchNamespace, imageStream } from './scene/objects.ts';
import { review, type ImageSet, type ReviewKind } from './scene/reviews.ts';
import { bytesPerCall } from './allocations.ts';
import { median, ratio, rotated } from './statistics.ts';
import type { Table } from './table.ts';

const streams = 200;
const columns = [
  'object',
  'ns/object',
  'ns/image',
  'parse ns',
  'ratio',
  'bytes/image',
  'parse bytes',
  'bytes ratio',
];

const kinds: readonly ReviewKind[] = ['Pod', 'Deployment'];
const sets: readonly ImageSet[] = ['hit', 'miss', 'digest'];
const sizes = [1, 3, 20];

export const decide: Bench = {
  name: 'decide',
  about: 'the decision alone, against reading the same review with JSON.parse',
  run(options: BenchOptions): Promise<BenchResult> {
    const context = openContext();
    const subjects = kinds.flatMap((kind) =>
      sizes.flatMap((size) => sets.map((set) => subject(kind, set, size, context))),
    );
    options.progress('warming up');
    for (const { decided, parsed } of subjects) [decided, parsed].forEach((work) => time(work, 30));
    const table = measure(subjects, options);
    const notes = [
      'The decision for one object from its parsed review to its patch, in memory; medians of the rounds',
      '"ratio" is its time over that of JSON.parse of the same review, round by round: below 1 the decision is the cheaper',
      '"bytes" is what was allocated on the heap: growth over calls between which no garbage was collected',
    ];
    return Promise.resolve({ tables: [table], notes });
  },
};

function openContext(): AdmissionContext {
  const index = new ObjectIndex();
  index.put('Namespace', benchNamespace);
  for (let stream = 0; stream < streams; stream += 1) index.put('ImageStream', imageStream(stream));
  return {
    settings: admissionSettings(parseConfiguration('', '(built-in)')),
    images: index,
    namespaces: index,
  };
}

interface Subject {
  readonly title: string;
  readonly images: number;
  readonly decided: () => unknown;
  readonly parsed: () => unknown;
}

function subject(kind: ReviewKind, set: ImageSet, images: number, context: AdmissionContext): Subject {
  const text = JSON.stringify(review(kind, set, images));
  const read = readReview(JSON.parse(text));
  if (!read.ok) throw new Error(read.message);
  const { request } = read;
  return {
    title: `${kind}, ${images} ${images === 1 ? 'image' : 'images'}, ${set}`,
    images,
    decided: () => decideReview(request, 'mutate', context),
    parsed: () => JSON.parse(text) as unknown,
  };
}

function measure(subjects: readonly Subject[], { quick, progress, ...options }: BenchOptions): Table {
  const rounds = options.rounds ?? (quick ? 5 : 11);
  const ms = quick ? 4 : 15;
  const decided = subjects.map((): number[] => []);
  const parsed = subjects.map((): number[] => []);
  const allocated = subjects.map((one) => ({
    decided: bytesPerCall(one.decided),
    parsed: bytesPerCall(one.parsed),
  }));
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const [at, one] of rotated([...subjects.entries()], round)) {
      decided[at]?.push(time(one.decided, ms));
      parsed[at]?.push(time(one.parsed, ms));
    }
  }
  const rows = subjects.map(({ title, images }, at) => {
    const own = decided[at] ?? [];
    const baseline = parsed[at] ?? [];
    const bytes = allocated[at] ?? { decided: NaN, parsed: NaN };
    return {
      object: title,
      'ns/object': median(own),
      'ns/image': median(own) / images,
      'parse ns': median(baseline),
      ratio: ratio(own, baseline),
      'bytes/image': bytes.decided / images,
      'parse bytes': bytes.parsed,
      'bytes ratio': bytes.decided / bytes.parsed,
    };
  });
  return { title: `The decision alone (${streams} image streams)`, columns, rows };
}

/** What results go to, so that no compiler can leave the work out. */
let sink: unknown;

/** Nanoseconds a call, over about this many milliseconds. */
function time(work: () => unknown, ms: number): number {
  const started = performance.now();
  let calls = 0;
  let took = 0;
  while (took < ms) {
    for (let call = 0; call < 50; call += 1) sink = work();
    calls += 50;
    took = performance.now() - started;
  }
  return sink === undefined ? NaN : (took * 1e6) / calls;
}
