import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { completionScripts, type Shell } from '../../src/cli/completion-scripts.ts';
import { completionFolder, type CompletionFolder } from './completion-folder.ts';

let at: CompletionFolder;

beforeAll(async () => {
  at = await completionFolder();
  await writeFile(join(at.root, 'config.yaml'), '');
});
afterAll(() => at.remove());

const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

function bash(script: string): string {
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '--noprofile', '-c', script], {
    encoding: 'utf8',
    cwd: at.root,
    env: { PATH: `${at.bin}:${process.env.PATH ?? ''}`, HOME: at.root },
    timeout: 120_000,
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

interface Typed {
  /** As bash breaks the line in front of the cursor; the last one is the one with the cursor. */
  readonly words: readonly string[];
  readonly line: string;
  /** What is behind the cursor. */
  readonly rest?: string;
  readonly breaks?: string;
}

/** What bash would put in place of the last of its words. */
function replies({ words, line, rest = '', breaks }: Typed): readonly string[] {
  const script = [
    'set -u',
    'source <(pinstream completion bash)',
    breaks === undefined ? '' : `COMP_WORDBREAKS=${quoted(breaks)}`,
    `COMP_WORDS=(${words.map(quoted).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    `COMP_LINE=${quoted(line + rest)}`,
    `COMP_POINT=${line.length}`,
    '_pinstream',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  return bash(script.join('\n'))
    .split('\n')
    .filter((reply) => reply !== '');
}

describe('bash', () => {
  it('registers for the program, without the package bash-completion', () => {
    expect(bash('source <(pinstream completion bash)\ncomplete -p pinstream')).toBe(
      'complete -F _pinstream pinstream\n',
    );
  });

  const start = 'pinstream --objects objects -n demo ';
  const startWords = ['pinstream', '--objects', 'objects', '-n', 'demo'];
  const noColon = ' \t\n"\'><;|&(';
  it.each<[string, Typed, readonly string[]]>([
    ['a verb', { words: ['pinstream', 'imp'], line: 'pinstream imp' }, ['import-image']],
    [
      'a word that is not begun',
      { words: ['pinstream', 'set', ''], line: 'pinstream set ' },
      ['image-lookup', 'namespace-lookup', 'triggers'],
    ],
    ['a stream', { words: [...startWords, 'tag', 'w'], line: `${start}tag w` }, ['web:', 'worker:']],
    [
      'a tag, behind the colon alone',
      { words: [...startWords, 'tag', 'web', ':'], line: `${start}tag web:` },
      ['1', '1.1'],
    ],
    [
      'a tag that is begun',
      { words: [...startWords, 'tag', 'web', ':', '1.'], line: `${start}tag web:1.` },
      ['1.1'],
    ],
    [
      'a tag as one word, where bash breaks at no colon',
      { words: [...startWords, 'tag', 'web:1.'], line: `${start}tag web:1.`, breaks: noColon },
      ['web:1.1'],
    ],
    [
      'a tag behind an image with a tag',
      {
        words: [...startWords, 'tag', 'reg.test/x', ':', '1', 'worker', ':'],
        line: `${start}tag reg.test/x:1 worker:`,
      },
      ['stable'],
    ],
    [
      'a new word behind a tag',
      { words: [...startWords, 'tag', 'web', ':', '1', 'wo'], line: `${start}tag web:1 wo` },
      ['stable'].map((tag) => `worker:${tag}`),
    ],
    [
      'an empty word behind a tag',
      { words: [...startWords, 'tag', 'web', ':', '1', ''], line: `${start}tag web:1 ` },
      ['web:', 'worker:'],
    ],
    [
      'a word in front of others',
      { words: [...startWords, 'tag', 'we'], line: `${start}tag we`, rest: ' worker:stable' },
      ['web:1', 'web:1.1'],
    ],
    [
      'a word with the cursor in it',
      { words: [...startWords, 'tag', 'worker'], line: `${start}tag wo`, rest: 'rker' },
      ['worker:stable'],
    ],
    [
      "a flag's value behind its sign",
      { words: ['pinstream', 'tag', '--dry-run', '=', 'c'], line: 'pinstream tag --dry-run=c' },
      ['client'],
    ],
    [
      "a flag's value behind its sign, with nothing of it",
      { words: ['pinstream', 'tag', '--dry-run', '='], line: 'pinstream tag --dry-run=' },
      ['none', 'client', 'server'],
    ],
    [
      'the value of the flag in front',
      { words: [...startWords.slice(0, 3), '-n', 'o'], line: 'pinstream --objects objects -n o' },
      ['other'],
    ],
    [
      'streams of a folder at home',
      {
        words: ['pinstream', '--objects', '~/objects', '-n', 'demo', 'get', 'is', 'we'],
        line: 'pinstream --objects ~/objects -n demo get is we',
      },
      ['web'],
    ],
    ['a folder', { words: ['pinstream', '--objects', 'o'], line: 'pinstream --objects o' }, ['objects']],
    [
      'no file where a folder is wanted',
      { words: ['pinstream', '--objects', 'c'], line: 'pinstream --objects c' },
      [],
    ],
    [
      'a file behind its sign',
      { words: ['pinstream', '--config', '=', 'c'], line: 'pinstream --config=c' },
      ['config.yaml'],
    ],
    [
      'a file behind its sign, where bash does not break',
      { words: ['pinstream', '--config=c'], line: 'pinstream --config=c', breaks: noColon },
      ['--config=config.yaml'],
    ],
    [
      'nothing where there is nothing',
      { words: ['pinstream', '--objects', '/none', 'tag', ''], line: 'pinstream --objects /none tag ' },
      [],
    ],
  ])('completes %s', (_what, typed, expected) => {
    expect(replies(typed)).toEqual(expected);
  });

  it('needs the words alone', () => {
    const script = [
      'source <(pinstream completion bash)',
      'COMP_WORDS=(pinstream --objects objects -n demo tag web : 1.)',
      'COMP_CWORD=8',
      '_pinstream',
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ];
    expect(bash(script.join('\n'))).toBe('1.1\n');
  });

  it('is quiet where the program is not there any longer', () => {
    const script = [
      'source <(pinstream completion bash)',
      'PATH=/none',
      'COMP_WORDS=(pinstream ""); COMP_CWORD=1',
      '_pinstream',
      'echo "${#COMPREPLY[@]}"',
    ];
    expect(bash(script.join('\n'))).toBe('0\n');
  });
});

describe('the scripts', () => {
  /** Machines that test have Bash alone: who changes one of the others tries it there, and then changes its copy. */
  it.each<Shell>(['zsh', 'fish'])('%s is what it was when it was last tried in its shell', async (shell) => {
    const golden = new URL(`./completion-golden/pinstream.${shell}`, import.meta.url);
    expect(completionScripts[shell]).toBe(await readFile(golden, 'utf8'));
  });

  it.each<[Shell, string, readonly string[]]>([
    ['bash', 'bash', ['-n']],
    ...(has('shellcheck') ? [['bash', 'shellcheck', ['-s', 'bash', '-']] as [Shell, string, string[]]] : []),
    ...(has('zsh') ? [['zsh', 'zsh', ['-n', '/dev/stdin']] as [Shell, string, string[]]] : []),
    ...(has('fish') ? [['fish', 'fish', ['-n', '/dev/stdin']] as [Shell, string, string[]]] : []),
  ])('%s is read by %s without a complaint', (shell, command, args) => {
    const { stdout, stderr, status } = spawnSync(command, args, {
      encoding: 'utf8',
      input: completionScripts[shell],
    });
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
  });
});
