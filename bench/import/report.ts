import type { BenchResult } from '../bench.ts';
import { median, ratio } from '../statistics.ts';
import type { Cell, Table } from '../table.ts';
import type { LoopResult } from './baseline.ts';
import type { ImportSample, RoundSample } from './measure.ts';
import type { Size } from './scene.ts';

/** What all rounds say of one program. */
export interface Measured {
  readonly name: string;
  readonly imports: readonly ImportSample[];
  readonly round: RoundSample;
}

type Counts = Readonly<Record<string, number>>;

export function report(
  { streams, tagsPerStream }: Size,
  loops: readonly LoopResult[],
  programs: readonly Measured[],
): BenchResult {
  const tags = streams * tagsPerStream;
  const tables = [
    importTable(tags, loops, programs),
    roundTable(programs),
    requestTable(
      `Requests to the API server, and to the registry, of ${programs[0]?.name ?? ''} in the last import and in the round`,
      programs[0],
    ),
  ];
  const notes = [
    `${tags} tags in ${streams} streams of 10 namespaces, an image of its own for every tag, a repository a stream; medians of ${loops.length} imports`,
    'seconds: from the streams being there to the last status being written; every process begins cold',
    '"ratio" is the time over that of a plain loop which fetches the same manifests and configurations and writes nothing',
    'the API server is a stub that answers from memory; the time that a real one and etcd take comes on top',
    ...programs.map((program) => verdict(tags, program)),
  ];
  return { tables, notes };
}

function importTable(tags: number, loops: readonly LoopResult[], programs: readonly Measured[]): Table {
  const columns = [
    'program',
    'seconds',
    'tags/s',
    'registry requests',
    'status writes',
    'Images made',
    'CPU s',
    'idle MiB',
    'peak MiB',
    'ratio',
  ];
  const loopSeconds = loops.map(({ seconds }) => seconds);
  const loopRow = {
    program: 'plain loop',
    seconds: median(loopSeconds),
    'tags/s': tags / median(loopSeconds),
    'registry requests': 2 * tags,
    'CPU s': median(loops.map(({ cpuSeconds }) => cpuSeconds)),
    'peak MiB': median(loops.map(({ peakMiB }) => peakMiB)),
  };
  const rows = programs.map(({ name, imports }) => {
    const seconds = imports.map((sample) => sample.seconds);
    return {
      program: name,
      seconds: median(seconds),
      'tags/s': tags / median(seconds),
      'registry requests': median(imports.map(({ registry }) => total(registry))),
      'status writes': median(imports.map(({ api }) => api['update imagestreams/status'] ?? 0)),
      'Images made': median(imports.map(({ images }) => images)),
      'CPU s': medianOf(imports.map(({ cpuSeconds }) => cpuSeconds)),
      'idle MiB': medianOf(imports.map(({ idleMiB }) => idleMiB)),
      'peak MiB': medianOf(imports.map(({ peakMiB }) => peakMiB)),
      ratio: ratio(seconds, loopSeconds),
    };
  });
  return { title: `Import of ${tags} tags`, columns, rows: [loopRow, ...rows] };
}

function roundTable(programs: readonly Measured[]): Table {
  const columns = [
    'program',
    'interval s',
    'tags with one HEAD',
    'HEAD',
    'other registry requests',
    'API writes',
    'Lease renewals',
    'API reads',
    'CPU s',
    'peak MiB',
  ];
  const rows = programs.map(({ name, round }) => ({
    program: name,
    'interval s': round.seconds,
    'tags with one HEAD': round.tagsAskedOnce,
    HEAD: headsOf(round),
    'other registry requests': total(round.registry) - headsOf(round),
    'API writes': writesOf(round.api),
    'Lease renewals': round.api[leaseRenewal] ?? 0,
    'API reads': total(round.api) - writesOf(round.api) - (round.api[leaseRenewal] ?? 0),
    'CPU s': round.cpuSeconds,
    'peak MiB': round.peakMiB,
  }));
  return { title: 'A scheduled round over the same tags, none of which has moved', columns, rows };
}

/** All requests, kind by kind. */
function requestTable(title: string, measured: Measured | undefined): Table {
  const imported = measured?.imports.at(-1);
  const kinds = (first: Counts = {}, second: Counts = {}, where: string) =>
    [...new Set([...Object.keys(first), ...Object.keys(second)])].toSorted().map((kind) => ({
      to: where,
      request: kind,
      import: first[kind] ?? 0,
      round: second[kind] ?? 0,
    }));
  const rows: Readonly<Record<string, Cell>>[] = [
    ...kinds(imported?.registry, measured?.round.registry, 'registry'),
    ...kinds(imported?.api, measured?.round.api, 'API server'),
  ];
  return { title, columns: ['to', 'request', 'import', 'round'], rows };
}

function verdict(tags: number, { name, round }: Measured): string {
  const asPromised =
    round.tagsAskedOnce === tags && total(round.registry) === tags && writesOf(round.api) === 0;
  return `${name}: the round cost ${asPromised ? '' : 'NOT '}exactly one request a tag and no write`;
}

const leaseRenewal = 'update leases';

function writesOf(api: Counts): number {
  const writes = Object.entries(api).filter(
    ([what]) => /^(?:create|update|patch|delete) /.test(what) && what !== leaseRenewal,
  );
  return total(Object.fromEntries(writes));
}

function headsOf({ registry }: RoundSample): number {
  return registry['HEAD manifests'] ?? 0;
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}
