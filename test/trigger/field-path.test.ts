import { describe, expect, it } from '@jest/globals';
import { containerNames, fieldPathOf, locateContainer } from '../../src/trigger/field-path.ts';
import { workloadKinds } from '../../src/workload/kinds.ts';
import { vectorGroup } from '../support/vectors.ts';

interface Vector {
  readonly id: string;
  readonly podSpecPath: string;
  readonly containers: readonly string[];
  readonly initContainers: readonly string[];
  readonly fieldPath: string;
  readonly expect: object;
}

/** A kind whose pods are at a path: "spec.template.spec". */
function kindAt(podSpecPath: string) {
  const kind = workloadKinds.find(({ template = [] }) => [...template, 'spec'].join('.') === podSpecPath);
  if (kind === undefined) throw new Error(`no kind has its pods at ${podSpecPath}`);
  return kind;
}

function objectAt(path: readonly string[], podSpec: object): object {
  return path.reduceRight<object>((inner, step) => ({ [step]: inner }), podSpec);
}

/** fp-07: single quotes, which upstream's documentation shows and its code refuses. */
const departures: Readonly<Record<string, object>> = {
  'fp-07': { outcome: 'set', list: 'containers', index: 0, container: 'web' },
};

describe('the container of a field path', () => {
  it.each(vectorGroup<Vector>('triggerFieldPath'))('%s', (id, vector) => {
    const named = (names: readonly string[]) => names.map((name) => ({ name }));
    const podSpec = { containers: named(vector.containers), initContainers: named(vector.initContainers) };
    const object = objectAt(vector.podSpecPath.split('.'), podSpec);
    expect(locateContainer(vector.fieldPath, kindAt(vector.podSpecPath), object)).toMatchObject(
      departures[id] ?? vector.expect,
    );
  });

  it.each([`?(@.name=='web")`, `?(@.name=="web')`, `?(@.name=='')`, `?(@.name=='web'`, `?(@.name=='w'b')`])(
    'takes single quotes in pairs only, around a name: %s',
    (selector) => {
      const object = objectAt(['spec'], { containers: [{ name: 'web' }, { name: '' }] });
      const target = locateContainer(`spec.containers[${selector}].image`, kindAt('spec'), object);
      expect(target).toMatchObject({ outcome: 'error' });
    },
  );

  it.each(['spec.template.spec', 'spec.jobTemplate.spec.template.spec', 'spec', 'template.spec'])(
    'is found again by the path that is written for it at %s',
    (path) => {
      const kind = kindAt(path);
      const object = objectAt(path.split('.'), { containers: [{ name: 'a' }, { name: 'b' }] });
      expect(fieldPathOf(kind, 'b')).toBe(`${path}.containers[?(@.name=="b")].image`);
      const target = { outcome: 'set', list: 'containers', index: 1, container: 'b' };
      expect(locateContainer(fieldPathOf(kind, 'b'), kind, object)).toEqual(target);
    },
  );
});

it('names the containers of both lists', () => {
  const object = objectAt(['spec', 'template', 'spec'], {
    containers: [{ name: 'a' }, { name: 'b' }],
    initContainers: [{ name: 'c' }],
  });
  const names = { containers: ['a', 'b'], initContainers: ['c'] };
  expect(containerNames(kindAt('spec.template.spec'), object)).toEqual(names);
  expect(containerNames(kindAt('spec.template.spec'), {})).toEqual({ containers: [], initContainers: [] });
});
