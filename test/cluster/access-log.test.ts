import { expect, test } from '@jest/globals';
import { accessLineOf } from './access-log.ts';

const prefix = '127.0.0.1 - - [21/Nov/2026:19:17:02 +0000]';

test.each([
  [
    'a request',
    `${prefix} "GET /v2/team/app/tags/list?n=2 HTTP/1.1" 200 115 "" "undici"`,
    { method: 'GET', path: '/v2/team/app/tags/list?n=2', status: 200, userAgent: 'undici' },
  ],
  [
    'a quote in the name of the client',
    String.raw`${prefix} "HEAD /v2/ HTTP/2.0" 401 0 "" "a \"b\" c"`,
    { method: 'HEAD', path: '/v2/', status: 401, userAgent: String.raw`a \"b\" c` },
  ],
  ['a message of the program', 'time="2026-11-21T19:17:02Z" level=info msg="response completed"', undefined],
  [
    'a message that quotes a request',
    `time="2026-11-21T19:17:02Z" level=error msg="\\"GET / HTTP/1.1\\" 200"`,
    undefined,
  ],
  ['an empty line', '', undefined],
])('%s', (_, line, expected) => {
  expect(accessLineOf(line)).toEqual(expected);
});
