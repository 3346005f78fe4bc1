import { basename } from 'node:path';
import { globalFlags } from './cli/global-flags.ts';
import { readGoArguments, shapesOf } from './cli/go-arguments.ts';
import { findVerb, isVerbWord, type VerbEntry } from './cli/verbs.ts';
import { endWithParent } from './end-with-parent.ts';
import { version } from './version.ts';

/**
 * Runs one command line. What cannot be done is a line on stderr and exit code 1. Wrong usage is exit code 2 of the server's
 * verbs, and 1 of the others, as with kubectl. What one command line does not need is not loaded.
 */
export async function run(args: readonly string[]): Promise<void> {
  endWithParent();
  if (args.length === 1 && args[0] === '--version') {
    process.stdout.write(`${version}\n`);
    return;
  }
  const found = await verbOf(args);
  if (found !== undefined) {
    const { runClient } = await import('./client/run.ts');
    process.exitCode = await runClient(found, args, programName());
    return;
  }
  const { runServerProgram } = await import('./server/program.ts');
  await runServerProgram(args, programName());
}

/** The verb is the first word that is neither a flag nor its value; whose flags those are shows only then. */
async function verbOf(args: readonly string[]): Promise<VerbEntry | undefined> {
  const { positionals, unknown } = readGoArguments(args, shapesOf(globalFlags));
  const found = findVerb(positionals);
  if (found !== undefined || unknown.length === 0 || !positionals.some(isVerbWord)) return found;
  const { anyFlagShapes } = await import('./cli/any-flag.ts');
  return findVerb(readGoArguments(args, await anyFlagShapes()).positionals);
}

/** kubectl calls its plugins by their file's name. */
function programName(): string {
  return basename(process.argv[1] ?? '').startsWith('kubectl-') ? 'kubectl pinstream' : 'pinstream';
}
