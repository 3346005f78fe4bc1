#!/usr/bin/env node
/**
 * The bootstrap: it must parse and run on any Node that users may have, so that an old one gets a sentence and not a stack
 * trace. Everything else comes by dynamic import.
 */
const oldest = { major: 22, minor: 19 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) {
  const { keepCompiled } = await import('./compile-cache.ts');
  keepCompiled();
  const { run } = await import('./program.ts');
  await run(process.argv.slice(2));
} else {
  const { handOver } = await import('./hand-over.ts');
  handOver(`Node ${process.versions.node} is too old: ${oldest.major}.${oldest.minor} or newer is needed`);
}
