import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { controlPlaneTools, toolNames } from './pins.ts';
import { cacheFolder } from './tools.ts';

const script = fileURLToPath(new URL('./build-tools.ts', import.meta.url));

test.each([
  [
    'without binaries and without Go',
    {},
    /missing, and no Go to build with: install Go .*, or set KUBEBUILDER_ASSETS\n$/,
  ],
  [
    'with an incomplete KUBEBUILDER_ASSETS',
    { KUBEBUILDER_ASSETS: '/absent' },
    /missing in \/absent: complete KUBEBUILDER_ASSETS, or unset it and run .*\n$/,
  ],
])('%s it fails with one line that says the way out', (_, env, line) => {
  const dir = mkdtempSync(join(tmpdir(), 'pinstream-build-'));
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
      env: { PATH: dir, PINSTREAM_TOOLS_CACHE: dir, ...env },
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('beside a complete KUBEBUILDER_ASSETS and the other tools only the registry is missing, and the line says its ways out', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pinstream-build-'));
  try {
    const assets = join(dir, 'assets');
    mkdirSync(assets);
    for (const tool of controlPlaneTools) writeFileSync(join(assets, tool), '', { mode: 0o755 });
    for (const tool of toolNames.filter((name) => name !== 'registry')) {
      const folder = cacheFolder(tool, { PINSTREAM_TOOLS_CACHE: dir });
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, tool), '', { mode: 0o755 });
    }
    const { status, stderr } = spawnSync(process.execPath, [script], {
      env: { PATH: dir, PINSTREAM_TOOLS_CACHE: dir, KUBEBUILDER_ASSETS: assets },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^test tools: registry missing, and no Go to build with: install Go .*, or put registry into PATH\n$/,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
