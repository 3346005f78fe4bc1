import { lookupWord } from '../commands/lookup-namespaces.ts';
import type { ContainerStatus, Status } from '../commands/status.ts';
import type { FailingImport } from '../commands/status-imports.ts';
import type { TagName, TagState } from '../commands/status-tags.ts';
import { humanDuration, timeOf } from '../printers/age.ts';
import { alignTabs, escapeTerminal, kubectlStyle } from '../printers/tabs.ts';
import { paint, type Output } from './output.ts';

export interface StatusTextOptions extends Pick<Output, 'colour'> {
  /** Columns for namespaces. */
  readonly manyNamespaces: boolean;
  readonly wide: boolean;
  /** On files nothing resolves names; they are as they should be. */
  readonly isFolder: boolean;
  readonly now: number;
}

/** A line of a table; the last cell may have a colour, since nothing is aligned behind it. */
interface Line {
  readonly cells: readonly string[];
  readonly style?: 'red' | 'yellow' | 'green';
}

const messageMax = 100;
const digestLength = 10;

/** The tables of `status`, for a glance: a section is only there when it has rows. */
export function statusText(status: Status, options: StatusTextOptions): string {
  const { wide, manyNamespaces: many } = options;
  const sections = [
    section(['NAMESPACE', 'LOOKUP', 'STREAMS', 'OPEN', 'SCHEDULED'], namespaceLines(status)),
    section(
      [
        ...(many ? ['NAMESPACE'] : []),
        'WORKLOAD',
        'CONTAINER',
        'TAG',
        'RUNS',
        ...(wide ? ['PODS', 'KNOWN BY', 'IMAGE'] : []),
        'STATE',
      ],
      status.workloads.map((row) => workloadLine(row, options)),
    ),
    section(
      [...(many ? ['NAMESPACE'] : []), 'FAILING IMPORT', 'SINCE', 'NEXT TRY', 'REASON'],
      status.failingImports.map((row) => importLine(row, options)),
    ),
    section(
      [...(many ? ['NAMESPACE'] : []), 'SCHEDULED TAG', 'FROM'],
      (wide ? status.scheduledTags : []).map(({ namespace, stream, tag, from }) => ({
        cells: [...(many ? [namespace] : []), `${stream}:${tag}`, from],
      })),
    ),
  ];
  return sections
    .filter(({ lines }) => lines.length > 0)
    .map(({ headings, lines }) => table(headings, lines, options))
    .join('\n');
}

function namespaceLines({ namespaces, scheduledTags }: Status): readonly Line[] {
  return namespaces.map((line) => {
    const scheduled = scheduledTags.filter(({ namespace }) => namespace === line.name).length;
    return {
      cells: [line.name, lookupWord(line), String(line.streams), String(line.open), String(scheduled)],
    };
  });
}

function workloadLine(
  row: ContainerStatus,
  { manyNamespaces, wide, isFolder, now }: StatusTextOptions,
): Line {
  const { namespace, kind, name, container, tag, runs, image, knownBy, state, rollingOut } = row;
  const shown = [...new Set((runs.length === 0 ? [image] : runs.map((run) => run.image)).map(shortImage))];
  const pods = runs.reduce((sum, run) => sum + run.pods, 0);
  return {
    cells: [
      ...(manyNamespaces ? [namespace] : []),
      `${kind.toLowerCase()}/${name}`,
      container,
      tagText(tag, namespace),
      shown.join(', '),
      ...(wide ? [String(pods), knownByWords[knownBy], image] : []),
      stateText(state, isFolder, now) + (rollingOut ? ', rolling out' : ''),
    ],
    style: stateStyle(state, isFolder),
  };
}

const knownByWords = { record: 'record', trigger: 'trigger', pullSpec: 'pull spec', name: 'name' } as const;

function importLine(row: FailingImport, { manyNamespaces, wide, now }: StatusTextOptions): Line {
  const { namespace, stream, tag, since, nextTry, reason, message } = row;
  const start = timeOf(since);
  const text = `${reason}: ${message}`.replace(/\s+/g, ' ');
  return {
    cells: [
      ...(manyNamespaces ? [namespace] : []),
      tag === undefined ? `${stream} (repository)` : `${stream}:${tag}`,
      start === undefined ? '' : lowerFirst(humanDuration(now - start)),
      nextTry,
      wide || text.length <= messageMax ? text : `${text.slice(0, messageMax - 1)}…`,
    ],
    style: 'red',
  };
}

function stateText(state: TagState, isFolder: boolean, now: number): string {
  switch (state.kind) {
    case 'current':
      return 'current';
    case 'behind': {
      const since = timeOf(state.since);
      return `${state.by} behind${since === undefined ? '' : ` (since ${lowerFirst(humanDuration(now - since))})`}`;
    }
    case 'unrelated':
      return "not in the tag's history";
    case 'unresolved':
      return isFolder ? 'by name' : 'not resolved';
    case 'noImage':
      return 'the tag has no image yet';
    case 'noTag':
      return 'no such tag';
    case 'unknown':
      return 'its stream may not be read';
  }
}

function stateStyle(state: TagState, isFolder: boolean): 'red' | 'yellow' | 'green' {
  switch (state.kind) {
    case 'current':
      return 'green';
    case 'unresolved':
      return isFolder ? 'green' : 'yellow';
    case 'behind':
    case 'unrelated':
    case 'unknown':
      return 'yellow';
    case 'noImage':
    case 'noTag':
      return 'red';
  }
}

function tagText({ namespace, stream, tag }: TagName, own: string): string {
  return `${namespace === own ? '' : `${namespace}/`}${stream}:${tag}`;
}

/** The first digits of a digest; without one the end of the name. */
function shortImage(image: string): string {
  const hex = /@[a-z0-9]+:([0-9a-f]+)$/.exec(image)?.[1];
  return hex === undefined ? (image.split('/').at(-1) ?? image) : hex.slice(0, digestLength);
}

function section(headings: readonly string[], lines: readonly Line[]) {
  return { headings, lines };
}

/** Colours come after the columns are aligned, since they have no width. */
function table(headings: readonly string[], lines: readonly Line[], output: Pick<Output, 'colour'>): string {
  const cells = lines.map((line) => line.cells.map(escapeTerminal));
  const aligned = alignTabs([headings, ...cells], kubectlStyle).split('\n');
  return aligned
    .map((text, index) => {
      const { style } = lines[index - 1] ?? {};
      const last = cells[index - 1]?.at(-1) ?? '';
      if (style === undefined || last === '') return text;
      return text.slice(0, text.length - last.length) + paint(output, style, last);
    })
    .join('\n');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
