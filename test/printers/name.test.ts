import { describe, expect, it } from '@jest/globals';
import { operationLine, type DryRun } from '../../src/printers/name.ts';

describe('the line that a verb prints', () => {
  it.each<[string, string, string, DryRun, string]>([
    [
      'image.openshift.io/v1',
      'ImageStream',
      'created',
      'none',
      'imagestream.image.openshift.io/web created\n',
    ],
    [
      'apps/v1',
      'Deployment',
      'image lookup updated',
      'client',
      'deployment.apps/web image lookup updated (dry run)\n',
    ],
    ['v1', 'Pod', 'deleted', 'server', 'pod/web deleted (server dry run)\n'],
  ])('%s %s %s, dry run %s', (apiVersion, kind, operation, dryRun, line) => {
    expect(operationLine({ apiVersion, kind, name: 'web' }, operation, dryRun)).toBe(line);
  });
});
