import { completionScripts, type Shell } from './completion-scripts.ts';
import { UsageError } from './errors.ts';
import { defineVerb } from './verb.ts';

const shells = Object.keys(completionScripts);

export const completion = defineVerb({
  usage: shells.join('|'),
  help: `Prints what a shell needs to complete verbs, flags, streams and tags: those of the cluster, or with --objects those of
the folder.`,
  examples: `# Bash, with or without the package bash-completion
source <(pinstream completion bash)

# Zsh; or into a file _pinstream in a folder of $fpath
source <(pinstream completion zsh)

# Fish
pinstream completion fish | source`,
  flags: {},
  completes: (index) => (index === 0 ? shells : 'nothing'),
  run: (args, _flags, { output }) => {
    const [shell = ''] = args;
    if (args.length !== 1 || !isShell(shell)) {
      throw new UsageError(
        `give one of ${shells.join(', ')}${shell === '' ? '' : `, not "${args.join(' ')}"`}`,
      );
    }
    output.out(completionScripts[shell]);
    return Promise.resolve(0);
  },
});

function isShell(word: string): word is Shell {
  return shells.includes(word);
}
