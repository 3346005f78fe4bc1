import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readGoArguments, type FlagShape } from '../../src/cli/go-arguments.ts';
import { memoryObjects } from '../support/memory-objects.ts';
import { openStream } from '../support/objects.ts';
import { verbRun } from '../support/verb-run.ts';

const shapes: readonly FlagShape[] = [
  { key: 'namespace', long: 'namespace', short: 'n', alone: undefined },
  { key: 'delete', long: 'delete', short: 'd', alone: 'true' },
  { key: 'watch', long: 'watch', short: 'w', alone: 'true' },
  { key: 'dryRun', long: 'dry-run', alone: 'client' },
  { key: 'from', long: 'from', alone: undefined },
];

type Read = [readonly (readonly [string, string | undefined])[], readonly string[], readonly string[]];

describe('words of a command line', () => {
  it.each<[string, Read]>([
    ['a b', [[], ['a', 'b'], []]],
    ['--delete', [[['delete', 'true']], [], []]],
    ['--delete=false', [[['delete', 'false']], [], []]],
    ['--delete=', [[['delete', '']], [], []]],
    ['--delete false', [[['delete', 'true']], ['false'], []]],
    ['-d a', [[['delete', 'true']], ['a'], []]],
    ['-d=false a', [[['delete', 'false']], ['a'], []]],
    ['--dry-run server', [[['dryRun', 'client']], ['server'], []]],
    ['--dry-run=server', [[['dryRun', 'server']], [], []]],
    ['--from x', [[['from', 'x']], [], []]],
    ['--from=x', [[['from', 'x']], [], []]],
    ['--from=x=y', [[['from', 'x=y']], [], []]],
    ['--from --delete', [[['from', '--delete']], [], []]],
    ['--from --', [[['from', '--']], [], []]],
    ['--from', [[['from', undefined]], [], []]],
    ['-n ns', [[['namespace', 'ns']], [], []]],
    ['-nns', [[['namespace', 'ns']], [], []]],
    ['-n=ns', [[['namespace', 'ns']], [], []]],
    ['-n', [[['namespace', undefined]], [], []]],
    [
      '-dw',
      [
        [
          ['delete', 'true'],
          ['watch', 'true'],
        ],
        [],
        [],
      ],
    ],
    [
      '-dnns',
      [
        [
          ['delete', 'true'],
          ['namespace', 'ns'],
        ],
        [],
        [],
      ],
    ],
    [
      '-dn ns',
      [
        [
          ['delete', 'true'],
          ['namespace', 'ns'],
        ],
        [],
        [],
      ],
    ],
    ['a -- -d --from', [[], ['a', '-d', '--from'], []]],
    ['-d -- --', [[['delete', 'true']], ['--'], []]],
    ['-', [[], ['-'], []]],
    ['--bogus a', [[], ['a'], ['--bogus']]],
    ['--bogus=x', [[], [], ['--bogus']]],
    ['-x', [[], [], ['-x']]],
    ['-dx', [[['delete', 'true']], [], ['-x']]],
    ['--d', [[], [], ['--d']]],
    ['---from x', [[], ['x'], ['---from']]],
  ])('%s', (words, [flags, positionals, unknown]) => {
    const read = readGoArguments(words.split(' '), shapes);
    expect({ ...read, flags: read.flags.map(({ key, value }) => [key, value]) }).toEqual({
      flags,
      positionals,
      unknown,
    });
  });

  const word = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', ':', '/', '=', '.', '@', '1') });
  const withValue = fc.record({
    shape: fc.constantFrom(...shapes.filter(({ alone }) => alone === undefined)),
    value: fc.string({ unit: fc.constantFrom('a', 'b', '-', '=', ' ', '1') }),
    form: fc.nat(3),
  });
  const boolean = fc.record({
    shape: fc.constantFrom(...shapes.filter(({ alone }) => alone !== undefined)),
    value: fc.constantFrom('true', 'false'),
    form: fc.nat(3),
  });
  const given = fc.oneof(
    fc.record({ positional: word }),
    fc.oneof(withValue, boolean).map((flag) => ({ flag })),
  );

  /** The words of one flag in one of its forms. */
  function written({ long, short, alone }: FlagShape, value: string, form: number): readonly string[] {
    const canBeAlone = alone !== undefined;
    if (canBeAlone && form === 0 && value === alone) return [`--${long}`];
    if (canBeAlone && form === 1 && value === alone && short !== undefined) return [`-${short}`];
    if (!canBeAlone && form === 0) return [`--${long}`, value];
    if (!canBeAlone && form === 1 && short !== undefined) return [`-${short}`, value];
    if (!canBeAlone && form === 2 && short !== undefined && value !== '' && !value.startsWith('='))
      return [`-${short}${value}`];
    return [short !== undefined && form === 3 ? `-${short}=${value}` : `--${long}=${value}`];
  }

  it('mean the same in every form and order', () => {
    fc.assert(
      fc.property(fc.array(given), fc.boolean(), (items, isEnded) => {
        const at = isEnded ? items.findIndex((item) => 'positional' in item) : -1;
        const words = items.flatMap((item, index) => {
          const end = index === at && items.slice(index).every((rest) => 'positional' in rest) ? ['--'] : [];
          return 'positional' in item
            ? [...end, item.positional]
            : written(item.flag.shape, item.flag.value, item.flag.form);
        });
        const read = readGoArguments(words, shapes);
        expect(read.unknown).toEqual([]);
        expect(read.positionals).toEqual(
          items.flatMap((item) => ('positional' in item ? [item.positional] : [])),
        );
        expect(read.flags).toEqual(
          items.flatMap((item) =>
            'flag' in item ? [{ key: item.flag.shape.key, value: item.flag.value }] : [],
          ),
        );
      }),
    );
  });
});

describe('flags of verbs', () => {
  const objects = () => memoryObjects([openStream('shop', 'web', ['1']), openStream('base', 'os', ['9'])]);

  it.each<[string, string]>([
    ['get is -o name', 'imagestream.image.openshift.io/web\n'],
    ['get is -oname', 'imagestream.image.openshift.io/web\n'],
    ['get is -o=name', 'imagestream.image.openshift.io/web\n'],
    ['get -o name is', 'imagestream.image.openshift.io/web\n'],
    ['get is --output=name -nbase', 'imagestream.image.openshift.io/os\n'],
    ['get is -n=base -oname', 'imagestream.image.openshift.io/os\n'],
    ['get is -n shop -n base -oname', 'imagestream.image.openshift.io/os\n'],
    ['get is -Aoname', 'imagestream.image.openshift.io/web\nimagestream.image.openshift.io/os\n'],
    ['get is --all-namespaces=false -oname', 'imagestream.image.openshift.io/web\n'],
    ['get is -o name -- web', 'imagestream.image.openshift.io/web\n'],
    ['set image-lookup web --enabled=1 --dry-run', ''],
    [
      'set image-lookup web --enabled=F --dry-run',
      'imagestream.image.openshift.io/web image lookup updated (dry run)\n',
    ],
    [
      'set image-lookup --enabled=false web --dry-run=client',
      'imagestream.image.openshift.io/web image lookup updated (dry run)\n',
    ],
    [
      'set image-lookup --enabled=false --dry-run=server web',
      'imagestream.image.openshift.io/web image lookup updated (server dry run)\n',
    ],
  ])('%s', async (words, out) => {
    expect(await verbRun(words.split(' '), { objects: objects() })).toEqual({ code: 0, out, err: '' });
  });

  const help = (verb: string) => `See 'pinstream ${verb} -h' for help and examples\n`;
  it.each<[string, string, string]>([
    ['get is --bogus', 'unknown flag: --bogus', 'get'],
    ['get is --outptu=name', 'unknown flag: --outptu; did you mean --output?', 'get'],
    ['get is --selectr=a', 'unknown flag: --selectr; did you mean --selector?', 'get'],
    ['get is --name=a', 'unknown flag: --name; did you mean --namespace?', 'get'],
    ['get is -x', 'unknown flag: -x', 'get'],
    ['get is -o', 'flag needs an argument: --output', 'get'],
    ['get is -n', 'flag needs an argument: --namespace', 'get'],
    ['get is --watch=maybe', 'invalid argument "maybe" for --watch: it takes true or false.', 'get'],
    ['get is --v=high', 'invalid argument "high" for --v: it takes a whole number.', 'get'],
    [
      'get is --request-timeout=soon',
      'invalid argument "soon" for --request-timeout: it takes a time such as 30s, 5m or 1h30m.',
      'get',
    ],
    [
      'create is web --dry-run=maybe',
      'invalid argument "maybe" for --dry-run: it takes one of none, client, server.',
      'create imagestream',
    ],
    ['create is', 'exactly one NAME is required, got 0', 'create imagestream'],
  ])('refused: %s', async (words, message, verb) => {
    expect(await verbRun(words.split(' '), { objects: objects() })).toEqual({
      code: 1,
      out: '',
      err: `error: ${message}\n${help(verb)}`,
    });
  });
});
