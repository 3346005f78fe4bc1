/** One line of the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** Metric → its type, as `# TYPE` says. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/y;

/**
 * Reads the text format (prometheus.io/docs/instrumenting/exposition_formats).
 *
 * @throws on a line that is none of it
 */
export function readExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) types.set(typed, type);
    if (line === '' || line.startsWith('# HELP ') || typed !== undefined) continue;
    const [, name, labels = '', value = ''] = sampleLine.exec(line) ?? [];
    if (name === undefined || !/^(?:[+-]?(?:Inf|\d+(?:\.\d+)?(?:e[+-]\d+)?)|[Nn]a[Nn])$/.test(value))
      throw new Error(`no line of the format: ${line}`);
    samples.push({ name, labels: readLabels(labels, line), value: Number(value.replace('Inf', 'Infinity')) });
  }
  return { types, samples };
}

function readLabels(text: string, line: string): Sample['labels'] {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const [, name, value] = label.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no labels: ${line}`);
    labels[name] = value;
  }
  return labels;
}
