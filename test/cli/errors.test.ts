import { describe, expect, it } from '@jest/globals';
import { CommandError, errorText, UsageError } from '../../src/cli/errors.ts';
import { FlagError } from '../../src/cli/flags.ts';
import { StatusError } from '../../src/kube/status-error.ts';
import { TransportError } from '../../src/kube/transport-error.ts';

const status = (code: number, reason: string, causes?: readonly { field: string; message: string }[]) =>
  new StatusError({
    code,
    reason,
    message: `GET https://x/y: ${code} told so`,
    said: 'told so',
    ...(causes !== undefined && { details: { kind: 'ImageStream', name: 'web', causes } }),
  });
const where = 'GET https://x/y: ';

describe('a failure as it is printed (spec 5)', () => {
  it.each<[string, unknown, string]>([
    ['what cannot be done', new CommandError('no'), 'error: no\n'],
    ['wrong usage', new UsageError('no'), "error: no\nSee 'pinstream tag -h' for help and examples\n"],
    ['a refusal, without the request', status(404, 'NotFound'), 'Error from server (NotFound): told so\n'],
    ['a refusal without a reason', status(418, ''), 'Error from server: told so\n'],
    [
      'a stranger',
      status(401, 'Unauthorized'),
      'error: You must be logged in to the server (Unauthorized)\n',
    ],
    [
      'an invalid object',
      status(422, 'Invalid', [{ field: 'spec.x', message: 'bad' }]),
      'The ImageStream "web" is invalid: spec.x: bad\n',
    ],
    [
      'one with a cause of no field',
      status(422, 'Invalid', [{ field: '', message: 'bad' }]),
      'The ImageStream "web" is invalid: bad\n',
    ],
    [
      'one with several',
      status(422, 'Invalid', [
        { field: 'a', message: 'b' },
        { field: 'c', message: 'd' },
      ]),
      'The ImageStream "web" is invalid: \n* a: b\n* c: d\n',
    ],
    ['one with none', status(422, 'Invalid', []), 'The ImageStream "web" is invalid: told so\n'],
    ['one without details', status(422, 'Invalid'), 'Error from server (Invalid): told so\n'],
    [
      'no connection',
      new TransportError('io', `${where}refused`),
      `error: ${where}refused; is the cluster of this context up? (--context, --kubeconfig, or --objects DIR for a folder)\n`,
    ],
    [
      'no answer in time',
      new TransportError('deadline', `${where}slow`),
      `error: ${where}slow; --request-timeout gives it longer\n`,
    ],
    [
      'an answer that is none',
      new TransportError('malformed', `${where}not JSON`),
      `error: ${where}not JSON\n`,
    ],
    ['a bug', new TypeError('x is undefined'), 'error: x is undefined\n'],
    ['a flag', new FlagError('it takes true or false.'), 'error: it takes true or false.\n'],
    ['what is no error', 'odd', 'error: odd\n'],
  ])('%s', (_, error, text) => {
    expect(errorText(error, 'pinstream tag')).toMatchObject({ text, code: 1 });
  });
});
