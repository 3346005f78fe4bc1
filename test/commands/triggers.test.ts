import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { workloadNamed } from '../../src/commands/kinds.ts';
import { isLookupEnabled, withLookup } from '../../src/commands/lookup.ts';
import { triggersOf } from '../../src/commands/triggers.ts';
import type { TriggerOrder } from '../../src/commands/triggers-order.ts';
import type { JsonObject } from '../../src/json/untyped.ts';
import { workloadObject } from '../support/workloads.ts';

const containers = ['a', 'b', 'c', 'd'];
const words = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'] as const;
const kindOf = (word: string) => {
  const kind = workloadNamed(word);
  if (kind === undefined) throw new Error(`no kind ${word}`);
  return kind;
};
const make = (word: string) => {
  const images = Object.fromEntries(containers.map((name) => [name, 'x']));
  return workloadObject(word, 'w', { images }) as JsonObject;
};

type Change = Exclude<TriggerOrder, { action: 'list' }>;
const tag = fc.record({
  namespace: fc.constantFrom('', 'shop', 'base'),
  name: fc.constantFrom('web:1', 'web:2', 'api:1'),
});
const order: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    action: fc.constant('setImage' as const),
    from: tag,
    containers: fc.subarray(containers, { minLength: 1 }),
    auto: fc.boolean(),
  }),
  fc.record({ action: fc.constant('removeImage' as const), from: tag }),
  fc.record({ action: fc.constant('switch' as const), auto: fc.boolean() }),
  fc.record({ action: fc.constant('setConfig' as const), on: fc.boolean() }),
  fc.constant({ action: 'removeAll' as const }),
);

describe('any changes of triggers', () => {
  it('leave what can be read, with one trigger a container at most', () => {
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.array(order, { maxLength: 8 }), (word, orders) => {
        const keeper = triggersOf(kindOf(word));
        let object = make(word);
        for (const one of orders) {
          const changed = keeper?.change(object, one);
          object = changed?.ok === true ? (changed.object ?? object) : object;
          // What was done is done: the same again changes nothing.
          if (changed?.ok === true)
            expect(keeper?.change(object, one)).toEqual({ ok: true, object: undefined });
        }
        const read = keeper?.read(object);
        const followed =
          read?.ok === true ? read.view.images.flatMap((image) => image.containers) : ['unread'];
        expect(followed.toSorted()).toEqual([...new Set(followed)].toSorted());
        expect(followed.filter((name) => !containers.includes(name))).toEqual([]);
      }),
    );
  });
});

describe('lookup', () => {
  it.each([...words, 'Pod', 'ReplicaSet', 'Job', 'ReplicationController', 'DeploymentConfig'])(
    'of a %s is on when it is switched on, and off when it is switched off',
    (word) => {
      const kind = kindOf(word);
      const on = withLookup(kind, make(word), true) ?? {};
      expect(isLookupEnabled(kind, on)).toBe(true);
      expect(withLookup(kind, on, true)).toBeUndefined();
      expect(isLookupEnabled(kind, withLookup(kind, on, false) ?? on)).toBe(false);
      expect(withLookup(kind, make(word), false)).toBeUndefined();
    },
  );

  it('is off on the object and on its template', () => {
    const kind = kindOf('deploy');
    const annotations = { 'alpha.image.policy.openshift.io/resolve-names': '*', other: 'x' };
    const object = {
      metadata: { name: 'w', annotations },
      spec: { template: { metadata: { annotations } } },
    };
    expect(withLookup(kind, object, false)).toEqual({
      metadata: { name: 'w', annotations: { other: 'x' } },
      spec: { template: { metadata: { annotations: { other: 'x' } } } },
    });
  });
});
