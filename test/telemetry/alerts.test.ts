import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { docs, documented, metricsOf } from './documented.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

const folder = new URL('../../charts/pinstream/alerts/', import.meta.url);
const read = (name: string): unknown => parse(readFileSync(new URL(name, folder), 'utf8'));
const { groups } = read('pinstream.rules.yaml') as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const tested = readdirSync(new URL('tests/', folder)).flatMap((name) =>
  (read(`tests/${name}`) as RuleTests).tests.flatMap(({ alert_rule_test }) => alert_rule_test),
);
/** Of prom-client's own. */
const ofTheProcess = ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'];

describe.each(rules.map((rule) => [rule.alert, rule] as const))('%s', (name, rule) => {
  test('reads metrics that exist, by labels that they have', () => {
    const asked = metricsOf(rule.expr);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((metric) => !documented.has(metric) && !ofTheProcess.includes(metric))).toEqual([]);
    const labels = [
      ...[...rule.expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(', ')),
      ...[...rule.expr.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label),
    ];
    const known = asked.flatMap((metric) => Object.keys(documented.get(metric)?.labels ?? {}));
    expect(labels.filter((label) => !['le', 'instance', ...known].includes(label))).toEqual([]);
  });

  test('has a severity, sentences, and a section that says what to do', () => {
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    expect(rule.annotations.summary).toMatch(/\.$/);
    expect(rule.annotations.description).toMatch(/\.$/);
    expect(rule.annotations.runbook_url).toMatch(new RegExp(`/docs/metrics\\.md#${name.toLowerCase()}$`));
    const section = docs.split(`\n### ${name}\n\n`)[1]?.split('\n##')[0] ?? '';
    expect(section).toMatch(new RegExp(`^\\*${rule.labels.severity}\\b`, 'i'));
    expect(section.length).toBeGreaterThan(150);
  });

  test('has tests in which it fires, and in which it does not', () => {
    const own = tested.filter(({ alertname }) => alertname === name);
    expect(own.filter(({ exp_alerts }) => exp_alerts.length > 0)).not.toEqual([]);
    expect(own.filter(({ exp_alerts }) => exp_alerts.length === 0)).not.toEqual([]);
  });
});

test('docs/metrics.md tells of no alert that does not exist', () => {
  const told = [...docs.matchAll(/^### (Pinstream\w+)$/gm)].map(([, name]) => name);
  expect(told).toEqual(rules.map(({ alert }) => alert));
});
