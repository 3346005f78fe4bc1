import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { documented, metricsOf } from './documented.ts';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly datasource: { readonly uid: string };
  }[];
}

const text = readFileSync(
  new URL('../../charts/pinstream/dashboards/pinstream.json', import.meta.url),
  'utf8',
);
const dashboard = JSON.parse(text) as {
  readonly schemaVersion: number;
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
};
const rows = dashboard.panels.filter(({ type }) => type === 'row');
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
/** Of prom-client's own. */
const ofTheProcess = [
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
  'nodejs_eventloop_lag_p99_seconds',
];

test('it is of a version that Grafana still reads, and asks for a data source', () => {
  expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
  expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
});

test('the rows go from the question of an emergency to the details', () => {
  expect(rows.map(({ title }) => title)).toEqual([
    'Is it in the way?',
    'What does it decide?',
    'Streams and watches',
    'Imports and registries',
    'Triggers',
    'Process',
  ]);
});

describe.each(panels.map((panel) => [panel.title, panel] as const))('panel "%s"', (_, panel) => {
  test('has a title, a sentence, a unit, a question and the data source that was chosen', () => {
    expect(panel.title).not.toBe('');
    expect(panel.description).toMatch(/\.$/);
    expect(panel.fieldConfig?.defaults.unit).toMatch(/^\w+$/);
    expect(panel.targets?.length).toBeGreaterThan(0);
    const uids = [panel.datasource, ...(panel.targets ?? []).map(({ datasource }) => datasource)].map(
      (at) => at?.uid,
    );
    expect(new Set(uids)).toEqual(new Set(['${datasource}']));
  });

  test('asks for metrics that exist, of the namespace that was chosen', () => {
    for (const { expr } of panel.targets ?? []) {
      const asked = metricsOf(expr);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter((name) => !documented.has(name) && !ofTheProcess.includes(name))).toEqual([]);
      const selectors = expr.match(/\b(?:pinstream|process|nodejs)_\w+\{namespace=~"\$namespace"/g) ?? [];
      expect(selectors.length).toBe(expr.match(/\b(?:pinstream|process|nodejs)_\w+/g)?.length);
    }
  });

  test('asks by labels that the metric has', () => {
    for (const { expr } of panel.targets ?? []) {
      const given = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(', '));
      const known = metricsOf(expr).flatMap((name) => Object.keys(documented.get(name)?.labels ?? {}));
      expect(given.filter((label) => !['le', 'instance', ...known].includes(label))).toEqual([]);
    }
  });
});

test('no two panels share an id or a place', () => {
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

test('every metric is on it, but those that say what another says better', () => {
  const shown = new Set(expressions.flatMap(metricsOf));
  expect([...documented.keys()].filter((name) => !shown.has(name)).sort()).toEqual([
    'pinstream_config_last_reload_success_timestamp_seconds',
    'pinstream_connections',
    'pinstream_connections_ended_total',
  ]);
});
