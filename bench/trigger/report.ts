import type { BenchResult } from '../bench.ts';
import type { LoopResult } from '../import/baseline.ts';
import { median, ratio } from '../statistics.ts';
import type { Cell, Table } from '../table.ts';
import type { MoveSample } from './measure.ts';
import type { Size } from './scene.ts';

/** What all rounds say of one program. */
export interface Measured {
  readonly name: string;
  /** All workloads follow the tag. */
  readonly all: readonly MoveSample[];
  /** Few of many do. */
  readonly few: MoveSample;
}

export interface Sizes {
  readonly all: Size;
  readonly few: Size;
}

export function report(
  sizes: Sizes,
  loops: readonly LoopResult[],
  programs: readonly Measured[],
): BenchResult {
  const notes = [
    `medians of ${loops.length} moves; every process begins cold; the gather window is 0 s (1 s unless told)`,
    'seconds: from the status of the stream being written to the last patch being written; Events are sent beside that',
    '"ratio" is the time over that of a plain loop which sends the same patches and does nothing else',
    'the API server is a stub that answers from memory; the time that a real one and etcd take comes on top',
    ...programs.flatMap(({ name, all, few }) => [
      `${name}: one move of ${sizes.all.followers} followers was ${all.every((sample) => isExact(sample, sizes.all)) ? '' : 'NOT '}exactly one patch each`,
      `${name}: ${sizes.few.followers} followers among ${sizes.few.deployments} Deployments were ${isExact(few, sizes.few) ? '' : 'NOT '}exactly ${sizes.few.followers} patches, and ${listsIn(few)} list calls`,
    ]),
  ];
  return { tables: [moveTable(sizes, loops, programs), requestTable(programs[0])], notes };
}

function moveTable({ all, few }: Sizes, loops: readonly LoopResult[], programs: readonly Measured[]): Table {
  const columns = [
    'program',
    'Deployments',
    'followers',
    'seconds',
    'patches/s',
    'patches',
    'most for one',
    'conflicts',
    'lists',
    'CPU s',
    'idle MiB',
    'peak MiB',
    'ratio',
  ];
  const loopSeconds = loops.map(({ seconds }) => seconds);
  const loopRow = {
    program: 'plain loop',
    Deployments: all.deployments,
    followers: all.followers,
    seconds: median(loopSeconds),
    'patches/s': all.followers / median(loopSeconds),
    patches: all.followers,
    'CPU s': median(loops.map(({ cpuSeconds }) => cpuSeconds)),
    'peak MiB': median(loops.map(({ peakMiB }) => peakMiB)),
  };
  const rows = programs.flatMap(({ name, all: moves, few: move }) => [
    {
      ...rowOf(name, all, moves),
      ratio: ratio(
        moves.map(({ seconds }) => seconds),
        loopSeconds,
      ),
    },
    rowOf(name, few, [move]),
  ]);
  return { title: 'One move of a tag', columns, rows: [loopRow, ...rows] };
}

function rowOf(program: string, size: Size, moves: readonly MoveSample[]): Readonly<Record<string, Cell>> {
  const seconds = median(moves.map((move) => move.seconds));
  return {
    program,
    Deployments: size.deployments,
    followers: size.followers,
    seconds,
    'patches/s': size.followers / seconds,
    patches: median(moves.map(({ patches }) => patches.total)),
    'most for one': Math.max(...moves.map(({ patches }) => patches.most)),
    conflicts: Math.max(...moves.map(({ patches }) => patches.conflicts)),
    lists: Math.max(...moves.map(listsIn)),
    'CPU s': medianOf(moves.map(({ cpuSeconds }) => cpuSeconds)),
    'idle MiB': medianOf(moves.map(({ idleMiB }) => idleMiB)),
    'peak MiB': medianOf(moves.map(({ peakMiB }) => peakMiB)),
  };
}

/** All requests of a move, kind by kind. */
function requestTable(measured: Measured | undefined): Table {
  const [all = {}, few = {}] = [measured?.all.at(-1)?.api, measured?.few.api];
  const kinds = [...new Set([...Object.keys(all), ...Object.keys(few)])].toSorted();
  return {
    title: `Requests to the API server of ${measured?.name ?? ''}, from the last move until nothing more was asked`,
    columns: ['request', 'all follow', 'few follow'],
    rows: kinds.map((request) => ({
      request,
      'all follow': all[request] ?? 0,
      'few follow': few[request] ?? 0,
    })),
  };
}

function isExact({ patches }: MoveSample, { followers }: Size): boolean {
  return patches.total === followers && patches.objects === followers && patches.most === 1;
}

function listsIn({ api }: MoveSample): number {
  return Object.entries(api)
    .filter(([what]) => what.startsWith('list '))
    .reduce((sum, [, count]) => sum + count, 0);
}

function medianOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}
