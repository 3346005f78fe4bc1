import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, test } from '@jest/globals';
import { addServerFlags } from '../../src/cli/server-flags.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { podSecretsSwitch } from '../../src/credentials/pod-secrets-switch.ts';
import { objectsOf, type Objects } from '../cluster/charts/objects.ts';
import { at, fields, list, text, type Fields } from '../manifests/files.ts';

// What the chart renders is compared with these files elsewhere; here the program is asked what it makes of them.
const read = (name: string): Objects =>
  objectsOf(readFileSync(new URL(`../cluster/charts/golden/${name}.yaml`, import.meta.url), 'utf8'));
const goldens = ['default', 'production', 'openshift', 'small'].map((name) => ({
  name,
  objects: read(name),
}));

const containers = (objects: Objects): readonly Fields[] =>
  Object.values(objects)
    .filter(({ kind }) => kind === 'Deployment')
    .map((deployment) => fields(at(deployment, 'spec.template.spec.containers.0')));

describe.each(goldens)('the chart with the values of $name', ({ objects }) => {
  test('gives flags that the program knows', () => {
    const known = addServerFlags(new Command()).options.map(({ long }) => long);
    const args = containers(objects).flatMap(({ args }) => list(args).map(text));
    const flags = args.filter((arg) => arg.startsWith('--')).map((arg) => arg.split('=')[0]);
    expect(flags.length).toBeGreaterThan(3);
    expect(flags.filter((flag) => flag === undefined || !known.includes(flag))).toEqual([]);
  });

  test('writes a configuration that the program accepts', () => {
    const data = fields(objects['ConfigMap pinstream-system/pinstream-config']?.data);
    expect(() => parseConfiguration(text(data['config.yaml']), 'config.yaml')).not.toThrow();
  });

  test('mounts every folder that a flag or a variable names', () => {
    for (const { args, env, volumeMounts } of containers(objects)) {
      const said = [...list(args).map(text), ...list(env).map((variable) => text(fields(variable).value))];
      const folders = said.flatMap((word) => /\/etc\/pinstream[a-z-]*/.exec(word)?.[0] ?? []);
      const mounted = list(volumeMounts).map((mount) => text(fields(mount).mountPath));
      expect(folders.filter((folder) => !mounted.includes(folder))).toEqual([]);
    }
  });
});

test('pull secrets of Pods are switched on by the variable that the program reads', () => {
  const production = goldens.find(({ name }) => name === 'production')?.objects ?? {};
  const names = containers(production).flatMap(({ env }) =>
    list(env).map((variable) => text(fields(variable).name)),
  );
  expect(names).toContain(podSecretsSwitch);
});
