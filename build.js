/** Bundles the program into dist/: a bootstrap and what it imports, so that nothing but Node is needed to run it. */
import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const outdir = 'dist';
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: { pinstream: 'src/main.ts' },
  outdir,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20', // the bootstrap must parse on an old Node, to say that it is one
  sourcemap: true,
  legalComments: 'external',
  // Packages written for CommonJS ask for `require`.
  banner: {
    js: "import { createRequire as pinstreamRequire } from 'node:module'; const require = pinstreamRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await chmod(`${outdir}/pinstream.js`, 0o755);
