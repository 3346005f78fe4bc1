import { describe, expect, it, test } from '@jest/globals';
import { streamImageTable, streamTable, streamTagTable, tagsCell } from '../../src/printers/stream-table.ts';
import { printSetTable, printTable, tablePrinter, type TableOptions } from '../../src/printers/table.ts';
import { streamTagViews } from '../../src/printers/views.ts';
import { digestOf } from '../imagestream/streams.ts';
import { local, now, rawStream } from './raw-streams.ts';

const web = rawStream();
const empty = { metadata: { name: 'empty', namespace: 'demo', labels: { tier: 'x', app: 'web' } } };

describe('get is', () => {
  it.each<[string, TableOptions, string]>([
    [
      'plain',
      {},
      'NAME    IMAGE REPOSITORY                                            TAGS         UPDATED\n' +
        'web     image-registry.openshift-image-registry.svc:5000/demo/web   2.1,stable   2 hours ago\n' +
        'empty                                                                            \n',
    ],
    [
      'without headings',
      { noHeaders: true },
      'web     image-registry.openshift-image-registry.svc:5000/demo/web   2.1,stable   2 hours ago\n' +
        'empty                                                                            \n',
    ],
    [
      'every namespace, labels',
      { withNamespace: true, withLabels: true },
      'NAMESPACE   NAME    IMAGE REPOSITORY                                            TAGS         UPDATED       LABELS\n' +
        'demo        web     image-registry.openshift-image-registry.svc:5000/demo/web   2.1,stable   2 hours ago   <none>\n' +
        'demo        empty                                                                                          app=web,tier=x\n',
    ],
  ])('%s', (_, options, text) => {
    expect(printTable(streamTable([web, empty], now), options)).toBe(text);
  });

  test('no rows: nothing, not even headings', () => {
    expect(printTable(streamTable([], now))).toBe('');
  });

  it.each([
    ['the public repository first', { spec: 's', status: 'i', public: 'p' }, 'p'],
    ['then the mirrored one', { spec: 's', status: 'i', public: '' }, 's'],
    ['then the internal one', { spec: '', status: 'i', public: '' }, 'i'],
  ])('repository: %s', (_, names, shown) => {
    const stream = {
      metadata: { name: 'web' },
      spec: { dockerImageRepository: names.spec },
      status: { dockerImageRepository: names.status, publicDockerImageRepository: names.public },
    };
    expect(streamTable([stream], now).rows[0]?.cells[1]).toBe(shown);
  });

  test('tags that moved last come first, equal ones by name, those without an image last', () => {
    const at = (tag: string, created?: string) => ({
      tag,
      items: created === undefined ? null : [{ created }],
    });
    const tags = [
      at('never'),
      at('b', '2024-05-01T00:00:00Z'),
      at('a', '2024-05-01T00:00:00Z'),
      at('new', '2024-05-02T00:00:00+02:00'),
    ];
    const [row] = streamTable([{ metadata: { name: 'web' }, status: { tags } }], now).rows;
    expect(row?.cells.slice(2)).toEqual(['new,a,b,never', '2 days ago']);
  });

  const tag = (length: number) => 'x'.repeat(length);
  it.each([
    ['none', [], ''],
    ['all that fit; a comma behind each counts', [tag(19), tag(19)], `${tag(19)},${tag(19)}`],
    ['the first, however long', [tag(60), 'b'], `${tag(60)} + 1 more...`],
    ['one too many, little space left', [tag(30), tag(10), 'c'], `${tag(30)} + 2 more...`],
    [
      'a quarter would stay empty: it may reach over',
      [tag(20), tag(25), 'c'],
      `${tag(20)},${tag(25)} + 1 more...`,
    ],
    ['but not by more than a quarter', [tag(20), tag(30), 'c'], `${tag(20)} + 2 more...`],
    ['exactly a quarter stays empty', [tag(28), tag(15), 'c'], `${tag(28)} + 2 more...`],
    ['one more than a quarter', [tag(27), tag(15), 'c'], `${tag(27)},${tag(15)} + 1 more...`],
  ])('tags: %s', (_, tags, cell) => {
    expect(tagsCell(tags)).toBe(cell);
  });
});

describe('get istag and get isimage', () => {
  const views = streamTagViews(web, local);
  const pinned = `reg.acme.test/crew/web@${digestOf('b')}`;
  const inRegistry = `image-registry.openshift-image-registry.svc:5000/demo/web@${digestOf('b')}`;

  test('istag: the reference after the reference policy', () => {
    const [head = '', first = '', second = ''] = printTable(streamTagTable(views, now)).split('\n');
    expect(head).toMatch(/^NAME {9}IMAGE REFERENCE +UPDATED$/);
    expect(first).toBe(`web:2.1      ${inRegistry}   2 hours ago`);
    expect(second).toBe(`web:stable   ${pinned.padEnd(inRegistry.length)}   2 hours ago`);
  });

  test('istag, wide: the image, too', () => {
    const [head = '', first = ''] = printTable(streamTagTable(views, now), { wide: true }).split('\n');
    expect(head).toMatch(/ UPDATED {7}IMAGE NAME$/);
    expect(first).toMatch(new RegExp(`2 hours ago {3}${digestOf('b')}$`));
  });

  test('isimage', () => {
    const object = {
      metadata: { name: 'web@sha256:bb', namespace: 'demo' },
      image: { metadata: { name: digestOf('b') }, dockerImageReference: pinned },
    };
    const table = streamImageTable([object], now);
    expect(printTable(table)).toBe('NAME            UPDATED\nweb@sha256:bb   <unknown>\n');
    expect(printTable(table, { wide: true, noHeaders: true })).toBe(
      `web@sha256:bb   <unknown>   ${pinned}   ${digestOf('b')}\n`,
    );
  });
});

describe('any table', () => {
  const columns = [{ name: 'Name' }, { name: 'Note' }];
  const rows = (...notes: string[]) => notes.map((note) => ({ cells: ['a', note], object: {} }));

  test('a cell of several lines shows its first, and commands no terminal', () => {
    expect(printTable({ columns, rows: rows('one\ntwo', '\u001b[1mbold') }, { noHeaders: true })).toBe(
      'a     one...\na     ^[[1mbold\n',
    );
  });

  test('tables that follow each other: headings once, columns keep their width', () => {
    const print = tablePrinter();
    expect(print({ columns, rows: [{ cells: ['a-long-name', 'x'], object: {} }] })).toBe(
      'NAME          NOTE\na-long-name   x\n',
    );
    expect(print({ columns, rows: rows('y') })).toBe('a             y\n');
  });

  test('set image-lookup: NAME and LOCAL, two spaces apart', () => {
    expect(
      printSetTable(
        ['NAME', 'LOCAL'],
        [
          ['web', 'true'],
          ['deployments/web', 'UNKNOWN'],
        ],
      ),
    ).toBe('NAME             LOCAL\nweb              true\ndeployments/web  UNKNOWN\n');
  });
});
