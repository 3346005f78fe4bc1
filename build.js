/** Bundles the program into dist/: a bootstrap and what it imports, so that nothing but Node is needed to run it. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

// Packages written for CommonJS ask for `require`.
const requireLine =
  "import { createRequire as pinstreamRequire } from 'node:module'; const require = pinstreamRequire(import.meta.url);";

/**
 * client-node does not say that its modules do nothing but export, and so all its API models would be kept: 15 MB, which take 60 MB
 * of memory as soon as a cluster is connected to. The modules through which all models are reached are enough: to ask for every
 * module takes ten times as long.
 *
 * @type {import('esbuild').Plugin}
 */
const withoutUnusedModels = {
  name: 'without-unused-models',
  setup({ onResolve, resolve }) {
    onResolve(
      { filter: /^@kubernetes\/client-node$|\/(index|all|ObjectSerializer)\.js$/ },
      async ({ path, pluginData, ...from }) => {
        const isClientNode = /@kubernetes[/\\]client-node/.test(from.importer + path);
        if (!isClientNode || pluginData === 'resolving') return undefined;
        const { importer, namespace, resolveDir, kind } = from;
        const found = await resolve(path, { importer, namespace, resolveDir, kind, pluginData: 'resolving' });
        return { ...found, sideEffects: false };
      },
    );
  },
};

const outdir = 'dist';
const entry = 'pinstream.js';

// Built beside and moved in file by file, the entry last: whoever starts the program meanwhile gets the old one or the new one.
const partial = await mkdtemp('.dist-');
try {
  await build({
    entryPoints: { pinstream: 'src/main.ts' },
    outdir: partial,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20', // the bootstrap must parse on an old Node, to say that it is one
    sourcemap: true,
    legalComments: 'external',
    banner: { js: requireLine },
    plugins: [withoutUnusedModels],
    logLevel: 'warning',
  });
  await chmod(join(partial, entry), 0o755);
  const built = await filesIn(partial);
  for (const file of built.filter((name) => name.endsWith('.js')))
    await dropUnusedRequire(join(partial, file));
  const entryLast = [...built.filter((file) => file !== entry), entry];
  for (const file of entryLast) {
    await mkdir(dirname(join(outdir, file)), { recursive: true });
    await rename(join(partial, file), join(outdir, file));
  }
  const stale = (await filesIn(outdir)).filter((file) => !built.includes(file));
  for (const file of stale) await rm(join(outdir, file), { force: true });
} finally {
  await rm(partial, { recursive: true, force: true });
}

/**
 * Making a `require` takes time, and few pieces use one. The line stays, empty, since the source maps count it.
 *
 * @param {string} file
 */
async function dropUnusedRequire(file) {
  const text = await readFile(file, 'utf8');
  const rest = text.replace(requireLine, '');
  if (!/\brequire\b/.test(rest)) await writeFile(file, rest);
}

/** @param {string} folder */
async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((found) => found.isFile());
  return files.map((file) => join(file.parentPath, file.name).slice(folder.length + 1));
}
