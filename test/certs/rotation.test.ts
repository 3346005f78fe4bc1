import { describe, expect, test } from '@jest/globals';
import { backdatedMs } from '../../src/certs/issue.ts';
import {
  overlapMs,
  planRotation,
  settleMs,
  type Plan,
  type RotationState,
  type Validity,
} from '../../src/certs/rotation.ts';

const minute = 60_000;
const day = 24 * 3_600_000;
const now = new Date('2030-01-01T00:00:00Z');

/** Made so many days ago, with the lifetime of the real ones. */
const authority = (id: string, ageDays: number): Validity => validity(id, ageDays * day, 365 * day);
const serving = (issuer: string, ageMs: number): RotationState['serving'] => ({
  ...validity('serving', ageMs, 90 * day),
  issuer,
});

function validity(id: string, ageMs: number, lifetimeMs: number): Validity {
  const made = now.getTime() - ageMs;
  return { id, notBefore: new Date(made - backdatedMs), notAfter: new Date(made + lifetimeMs) };
}

const healthy: RotationState = {
  authorities: [authority('a', 100)],
  signer: 'a',
  serving: serving('a', 10 * day),
  trustedSince: undefined,
};
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const renewed = (change: Partial<RotationState>): RotationState => ({
  authorities: [authority('b', 0), authority('a', 250)],
  signer: 'b',
  serving: serving('a', 10 * day),
  trustedSince: undefined,
  ...change,
});

const keep: Partial<Plan> = { kind: 'keep' };
const wait: Partial<Plan> = { kind: 'wait' };
const addAuthority: Partial<Plan> = { kind: 'addAuthority' };
const issueServing: Partial<Plan> = { kind: 'issueServing' };
const startOver: Partial<Plan> = { kind: 'startOver' };
const drop = (...ids: string[]): Partial<Plan> => ({ kind: 'dropAuthorities', ids });

describe('the next step of a rotation', () => {
  test.each<[string, RotationState, Partial<Plan>]>([
    [
      'nothing there: start over',
      { ...healthy, authorities: [], signer: undefined, serving: undefined },
      startOver,
    ],
    ['all well: keep', healthy, keep],
    ['no serving pair, an authority: issue', { ...healthy, serving: undefined }, issueServing],
    [
      'no serving pair, an authority that expires soon: issue first',
      { ...healthy, authorities: [authority('a', 300)], serving: undefined },
      issueServing,
    ],
    [
      'no serving pair, no key of the authority: start over',
      { ...healthy, signer: undefined, serving: undefined },
      startOver,
    ],
    ['serving pair expired: issue', { ...healthy, serving: serving('a', 91 * day) }, issueServing],
    [
      'serving pair of a replica whose clock is a little ahead: keep',
      { ...healthy, serving: serving('a', -backdatedMs) },
      keep,
    ],
    [
      'serving pair from the future: issue',
      { ...healthy, serving: serving('a', -backdatedMs - minute) },
      issueServing,
    ],
    [
      'old authority from the future, of a replica whose clock is far ahead: keep it for now',
      renewed({ authorities: [authority('b', 0), authority('a', -1)], serving: serving('b', 0) }),
      keep,
    ],
    [
      'serving pair of an authority that is not trusted: issue',
      { ...healthy, serving: serving('x', 0) },
      issueServing,
    ],
    [
      'authority expired, and so its serving pair is worth nothing: start over',
      { ...healthy, authorities: [authority('a', 366)] },
      startOver,
    ],
    ['serving pair with more than a third left: keep', { ...healthy, serving: serving('a', 59 * day) }, keep],
    [
      'serving pair with a third left: issue, without waiting for trust',
      { ...healthy, serving: serving('a', 60 * day) },
      issueServing,
    ],
    ['authority with more than a third left: keep', { ...healthy, authorities: [authority('a', 243)] }, keep],
    [
      'authority with a third left: add another',
      { ...healthy, authorities: [authority('a', 244)] },
      addAuthority,
    ],
    ['no key of the authority: add another', { ...healthy, signer: undefined }, addAuthority],
    [
      'authority and serving pair both due: the authority first',
      { ...healthy, authorities: [authority('a', 250)], serving: serving('a', 70 * day) },
      addAuthority,
    ],
    ['new authority not trusted by all: wait', renewed({}), wait],
    ['new authority just trusted by all: wait', renewed({ trustedSince: ago(settleMs - 1) }), wait],
    [
      'new authority trusted by all for a while: issue',
      renewed({ trustedSince: ago(settleMs) }),
      issueServing,
    ],
    [
      'new authority not trusted, but the serving pair has expired: issue',
      renewed({ serving: serving('a', 91 * day) }),
      issueServing,
    ],
    [
      'new serving pair, others may still show the old one: keep the old authority',
      renewed({ serving: serving('b', overlapMs - 1) }),
      keep,
    ],
    [
      'new serving pair for long enough: drop the old authority',
      renewed({ serving: serving('b', overlapMs) }),
      drop('a'),
    ],
    [
      'old authority expired: drop it at once',
      renewed({ authorities: [authority('b', 0), authority('a', 366)], serving: serving('b', 0) }),
      drop('a'),
    ],
    [
      'several old authorities: drop them in one step',
      { ...healthy, authorities: [...healthy.authorities, authority('x', 120), authority('y', 400)] },
      drop('x', 'y'),
    ],
  ])('%s', (_title, state, expected) => {
    expect(planRotation(state, now)).toMatchObject(expected);
  });
});

describe('ten years of rotations', () => {
  test.each([1, 30, 6 * 60, 30 * 60])(
    'with a pass every %d minutes, nobody shows what somebody does not trust',
    (minutes) => {
      const world = newWorld();
      const found = new Set<string>();
      let time = now.getTime();
      for (; time < now.getTime() + 3_650 * day; time += isQuiet(world, time) ? day : minutes * minute) {
        pass(world, time);
        for (const complaint of complaints(world, time)) found.add(complaint);
      }
      expect([...found]).toEqual([]);
      expect(world.made).toBeGreaterThan(10 * 4);
      expect(world.authorities.length).toBeLessThanOrEqual(2);
    },
  );
});

/** How late a replica takes a new pair into use, and an API server a new bundle. */
const replicaLagMs = 20 * 3_600_000;
const apiServerLagMs = 90_000;

interface World {
  authorities: readonly Validity[];
  serving: RotationState['serving'];
  trustedSince: Date;
  /** What has been replaced but is still in use somewhere. */
  stillShown: { readonly pair: RotationState['serving']; readonly until: number }[];
  stillTrusted: { readonly authorities: readonly Validity[]; readonly until: number }[];
  made: number;
}

function newWorld(): World {
  const trustedSince = new Date(0);
  return { authorities: [], serving: undefined, trustedSince, stillShown: [], stillTrusted: [], made: 0 };
}

function stateOf({ authorities, serving: pair, trustedSince }: World): RotationState {
  return { authorities, signer: authorities[0]?.id, serving: pair, trustedSince };
}

/** Days on which nothing happens need no closer look. */
function isQuiet(world: World, time: number): boolean {
  const idle = world.stillShown.length === 0 && world.stillTrusted.length === 0;
  return (
    idle && world.authorities.length === 1 && planRotation(stateOf(world), new Date(time)).kind === 'keep'
  );
}

function pass(world: World, time: number): void {
  world.stillShown = world.stillShown.filter(({ until }) => time < until);
  world.stillTrusted = world.stillTrusted.filter(({ until }) => time < until);
  const plan = planRotation(stateOf(world), new Date(time));
  const fresh = (lifetimeDays: number): Validity => ({
    id: String((world.made += 1)),
    notBefore: new Date(time - backdatedMs),
    notAfter: new Date(time + lifetimeDays * day),
  });
  const trust = (authorities: readonly Validity[]): void => {
    if (plan.kind !== 'startOver')
      world.stillTrusted.push({ authorities: world.authorities, until: time + apiServerLagMs });
    Object.assign(world, { authorities, trustedSince: new Date(time) });
  };
  if (plan.kind === 'startOver' || plan.kind === 'addAuthority') trust([fresh(365), ...world.authorities]);
  if (plan.kind === 'dropAuthorities') trust(world.authorities.filter(({ id }) => !plan.ids.includes(id)));
  if (plan.kind === 'startOver' || plan.kind === 'issueServing') {
    if (plan.kind !== 'startOver') world.stillShown.push({ pair: world.serving, until: time + replicaLagMs });
    world.serving = { ...fresh(90), issuer: world.authorities[0]?.id ?? '' };
  }
}

function complaints(
  { serving: stored, stillShown, authorities, stillTrusted }: World,
  time: number,
): string[] {
  const shown = [stored, ...stillShown.map(({ pair }) => pair)];
  const bundles = [authorities, ...stillTrusted.map((old) => old.authorities)];
  return shown.flatMap((pair) => {
    if (pair === undefined || pair.notAfter.getTime() <= time) return ['a serving certificate has expired'];
    const trusts = (bundle: readonly Validity[]): boolean =>
      bundle.some(({ id, notAfter }) => id === pair.issuer && notAfter.getTime() > time);
    return bundles.every(trusts) ? [] : ['a serving certificate is not trusted by all'];
  });
}
