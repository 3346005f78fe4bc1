import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { controlPlaneTools, pinOf, toolNames, type ToolName } from './pins.ts';
import { cacheFolder, findTools } from './tools.ts';

describe('finding the binaries', () => {
  let dir: string;
  beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'pinstream-tools-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const install = (folder: string, tools: readonly ToolName[]): void => {
    mkdirSync(folder, { recursive: true });
    for (const tool of tools) writeFileSync(join(folder, tool), '', { mode: 0o755 });
  };

  test.each(toolNames)('go.mod pins a released version of %s', (tool) => {
    expect(pinOf(tool).version).toMatch(/^v\d+\.\d+\.\d+$/);
  });

  test('nothing installed: all are missing, and one line says how to get them', () => {
    const found = findTools(controlPlaneTools, { PINSTREAM_TOOLS_CACHE: dir });
    expect(found).toEqual({
      kind: 'missing',
      missing: controlPlaneTools,
      howTo: 'run `npm run test:cluster` once (builds them with Go, some minutes), or set KUBEBUILDER_ASSETS',
    });
  });

  test('the cache holds each tool under its own version', () => {
    const env = { PINSTREAM_TOOLS_CACHE: dir };
    for (const tool of controlPlaneTools) install(cacheFolder(tool, env), [tool]);

    expect(findTools(controlPlaneTools, env)).toMatchObject({
      kind: 'found',
      paths: { etcd: join(cacheFolder('etcd', env), 'etcd') },
    });
    expect(cacheFolder('etcd', env)).toContain(`etcd-${pinOf('etcd').version}-`);
  });

  test.each([
    [{ XDG_CACHE_HOME: '/xdg' }, '/xdg/pinstream/tools/'],
    [{ XDG_CACHE_HOME: '/xdg', PINSTREAM_TOOLS_CACHE: '/own' }, '/own/'],
  ])('the cache folder under %j starts with %s', (env, start) => {
    expect(cacheFolder('kubectl', env)).toMatch(new RegExp(`^${start}kubernetes-`));
  });

  test('a file that is not executable does not count', () => {
    const env = { PINSTREAM_TOOLS_CACHE: dir };
    for (const tool of controlPlaneTools) install(cacheFolder(tool, env), [tool]);
    rmSync(join(cacheFolder('etcd', env), 'etcd'));
    writeFileSync(join(cacheFolder('etcd', env), 'etcd'), '', { mode: 0o644 });

    expect(findTools(controlPlaneTools, env)).toMatchObject({ kind: 'missing', missing: ['etcd'] });
  });

  describe('with KUBEBUILDER_ASSETS', () => {
    const servers: readonly ToolName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager'];

    test('kubectl may come from PATH', () => {
      const assets = join(dir, 'assets');
      const bin = join(dir, 'bin');
      install(assets, servers);
      install(bin, ['kubectl']);

      const found = findTools(controlPlaneTools, {
        KUBEBUILDER_ASSETS: assets,
        PATH: `${join(dir, 'absent')}:${bin}`,
      });
      expect(found).toMatchObject({
        kind: 'found',
        paths: { etcd: join(assets, 'etcd'), kubectl: join(bin, 'kubectl') },
      });
    });

    test('what it lacks is missing, whatever the cache holds', () => {
      const env = { PINSTREAM_TOOLS_CACHE: dir, KUBEBUILDER_ASSETS: join(dir, 'assets') };
      for (const tool of controlPlaneTools) install(cacheFolder(tool, env), [tool]);
      install(env.KUBEBUILDER_ASSETS, ['etcd', 'kube-apiserver', 'kubectl']);

      const found = findTools(controlPlaneTools, env);
      expect(found).toMatchObject({ kind: 'missing', missing: ['kube-controller-manager'] });
      expect(found).toHaveProperty(
        'howTo',
        expect.stringContaining('complete KUBEBUILDER_ASSETS, or unset it'),
      );
    });
  });

  describe('the registry, which KUBEBUILDER_ASSETS never holds', () => {
    test.each([
      ['the cache', 'cache'],
      ['PATH', 'bin'],
    ])('is found in %s beside KUBEBUILDER_ASSETS', (_, place) => {
      const bin = join(dir, 'bin');
      const env = { PINSTREAM_TOOLS_CACHE: dir, KUBEBUILDER_ASSETS: join(dir, 'assets'), PATH: bin };
      const folder = place === 'cache' ? cacheFolder('registry', env) : bin;
      install(folder, ['registry']);

      expect(findTools(['registry'], env)).toEqual({
        kind: 'found',
        paths: { registry: join(folder, 'registry') },
      });
    });

    test('the pinned one of the cache is preferred to that of PATH', () => {
      const bin = join(dir, 'bin');
      const env = { PINSTREAM_TOOLS_CACHE: dir, PATH: bin };
      for (const folder of [bin, cacheFolder('registry', env)]) install(folder, ['registry']);

      expect(findTools(['registry'], env)).toMatchObject({
        paths: { registry: join(cacheFolder('registry', env), 'registry') },
      });
    });

    test('a folder of its name in PATH does not count', () => {
      mkdirSync(join(dir, 'registry'));

      expect(findTools(['registry'], { PINSTREAM_TOOLS_CACHE: dir, PATH: dir }).kind).toBe('missing');
    });

    test('one in KUBEBUILDER_ASSETS does not count, and the way to get it does not name that', () => {
      const assets = join(dir, 'assets');
      install(assets, ['registry']);

      expect(findTools(['registry'], { PINSTREAM_TOOLS_CACHE: dir, KUBEBUILDER_ASSETS: assets })).toEqual({
        kind: 'missing',
        missing: ['registry'],
        howTo:
          'run `npm run test:cluster` once (builds them with Go, some minutes), or put registry into PATH',
      });
    });
  });
});
