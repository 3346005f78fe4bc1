import { describe, expect, test } from '@jest/globals';
import { joinedDocuments } from '../../src/report/joined.ts';

describe('texts of documents in one', () => {
  test.each<[string, string[], string]>([
    ['one text stays as it is', ['a: 1'], 'a: 1'],
    ['a marker between two', ['a: 1\n', 'b: 2\n'], 'a: 1\n---\nb: 2\n'],
    ['a line end where there is none', ['a: 1', 'b: 2'], 'a: 1\n---\nb: 2'],
    ['none where the text brings it', ['a: 1\n', '---\nb: 2\n'], 'a: 1\n---\nb: 2\n'],
    ['none where it brings it below comments', ['a: 1\n', '# b\n\n---\nb: 2\n'], 'a: 1\n# b\n\n---\nb: 2\n'],
    ['one above comments that stand over an object', ['a: 1\n', '# b\nb: 2\n'], 'a: 1\n---\n# b\nb: 2\n'],
    ['line ends of Windows', ['a: 1\r\n', 'b: 2\r\n'], 'a: 1\r\n---\r\nb: 2\r\n'],
    ['comments alone need no marker', ['a: 1\n', '# nothing\n'], 'a: 1\n# nothing\n'],
    ['a byte order mark only in front', ['\uFEFFa: 1\n', '\uFEFFb: 2\n'], '\uFEFFa: 1\n---\nb: 2\n'],
    ['JSON', ['{"a":1}', '{"b":2}\n'], '{"a":1}\n---\n{"b":2}\n'],
    ['an empty text adds nothing', ['', 'b: 2\n', ''], 'b: 2\n'],
  ])('%s', (_what, texts, joined) => expect(joinedDocuments(texts)).toBe(joined));
});
