import { describe, expect, it } from '@jest/globals';
import { planRollback, type RollbackOrder, type RollbackPlan } from '../../src/commands/rollback.ts';
import type { JsonObject } from '../../src/json/untyped.ts';
import { digest } from '../support/objects.ts';

const [a, b, c] = [digest('a'), digest('b'), `sha256:${'a'.repeat(8)}${'c'.repeat(56)}`];
const event = (image: string) => ({
  created: '2026-01-01T00:00:00Z',
  dockerImageReference: `q.test/web@${image}`,
  image,
});
const noted = (reference: string) => ({
  created: '2026-01-01T00:00:00Z',
  dockerImageReference: reference,
  image: '',
});
const docker = { kind: 'DockerImage', name: 'q.test/web:1' };

function streamOf(tags: readonly object[], history: Readonly<Record<string, readonly object[]>>): JsonObject {
  return {
    metadata: { namespace: 'demo', name: 'web' },
    spec: { tags },
    status: { tags: Object.entries(history).map(([tag, items]) => ({ tag, items })) },
  };
}

const three = { 1: [event(b), event(a), event(c)] };
const web = streamOf([{ name: '1', from: docker }], three);

function plan(order: Partial<RollbackOrder>, stream = web): RollbackPlan {
  return planRollback(stream, { tag: '1', ...order });
}

function planned(order: Partial<RollbackOrder>, stream = web) {
  const result = plan(order, stream);
  if (!result.ok) throw new Error(result.message);
  return result;
}

describe('where a tag goes back to', () => {
  it.each([
    ['the one before', undefined, a],
    ['one back', '1', a],
    ['two back', '2', c],
    ['a digest', a, a],
    ['the beginning of one', 'sha256:aaaaaaaac', c],
    ['the beginning of its hex digits', 'aaaaaaaac', c],
  ])('%s', (_, to, image) => {
    const { next, from, to: found } = planned({ to });
    expect({ from: from.image, to: found.image }).toEqual({ from: b, to: image });
    expect(next).toEqual({
      name: '1',
      from: { kind: 'ImageStreamImage', name: `web@${image}` },
      referencePolicy: { type: 'Source' },
    });
  });

  it('an image that was only written down is written down again', () => {
    const stream = streamOf([], { 1: [event(b), noted('q.test/web:0')] });
    expect(planned({}, stream).next).toEqual({
      name: '1',
      from: { kind: 'DockerImage', name: 'q.test/web:0' },
      reference: true,
      referencePolicy: { type: 'Source' },
    });
  });
});

describe('what stays of a tag', () => {
  it.each<[string, object, object]>([
    ['annotations', { annotations: { a: 'b' } }, { annotations: { a: 'b' } }],
    ['its policy', { referencePolicy: { type: 'Local' } }, { referencePolicy: { type: 'Local' } }],
    [
      'its platforms',
      { importPolicy: { importMode: 'PreserveOriginal' } },
      { importPolicy: { importMode: 'PreserveOriginal' } },
    ],
    ['plain HTTP', { importPolicy: { insecure: true } }, { importPolicy: { insecure: true } }],
    ['but no schedule', { importPolicy: { scheduled: true } }, {}],
    ['nor that it is a reference', { reference: true }, {}],
  ])('%s', (_, old, expected) => {
    const stream = streamOf([{ name: '1', from: docker, ...old }], three);
    expect(planned({}, stream).next).toEqual({
      name: '1',
      from: { kind: 'ImageStreamImage', name: `web@${a}` },
      referencePolicy: { type: 'Source' },
      ...expected,
    });
  });
});

describe('what is refused', () => {
  const one = streamOf([], { 1: [event(b)] });
  const empty = streamOf([{ name: '1', from: docker }], {});
  const scheduled = streamOf([{ name: '1', from: docker, importPolicy: { scheduled: true } }], three);
  it.each<[string, Partial<RollbackOrder>, JsonObject, string]>([
    ['an unknown tag', { tag: '9' }, web, 'image stream "web" has no tag "9"; it has 1'],
    ['a tag of an empty stream', {}, streamOf([], {}), 'image stream "web" has no tag "1"; it has none'],
    ['a tag without history', {}, empty, 'web:1 has no history: nothing was ever imported into it'],
    ['a first image', {}, one, 'web:1 has stood for one image only: there is nothing to roll back to'],
    ['too far back', { to: '3' }, web, 'web:1 has 2 earlier events: --to takes 1 to 2, not 3'],
    [
      'too far back, by one',
      { to: '2' },
      streamOf([], { 1: [event(b), event(a)] }),
      'web:1 has 1 earlier event: --to takes 1 to 1, not 2',
    ],
    ['where it is', { to: '0' }, web, `web:1 stands for q.test/web@${b} already`],
    ['the image that it has', { to: b }, web, `web:1 stands for q.test/web@${b} already`],
    [
      'an unknown image',
      { to: 'sha256:dd' },
      web,
      'the history of web:1 has no image "sha256:dd"; describe shows it. An image of another tag: pinstream tag STREAM@DIGEST web:1',
    ],
    [
      'no image',
      { to: '' },
      web,
      'the history of web:1 has no image ""; describe shows it. An image of another tag: pinstream tag STREAM@DIGEST web:1',
    ],
    ['two images', { to: 'aaaa' }, web, '"aaaa" is the beginning of 2 images of web:1: write more of it'],
    [
      'the end of a schedule',
      { keepSchedule: true },
      scheduled,
      'web:1 is imported on schedule, which would move it forward again; without --keep-schedule the schedule ends',
    ],
    [
      'both ways out of an alias',
      { atTarget: true, detach: true },
      web,
      '--at-target and --detach exclude each other',
    ],
  ])('%s', (_, order, stream, message) => {
    expect(plan(order, stream)).toEqual({ ok: false, message });
  });

  it('--keep-schedule refuses nothing where there is no schedule', () => {
    expect(plan({ keepSchedule: true })).toMatchObject({ ok: true });
  });
});

describe('an alias', () => {
  const follow = (name: string, of: string) => ({ name, from: { kind: 'ImageStreamTag', name: of } });
  const history = { 1: [event(b), event(a)], also: [event(b), event(a)], again: [event(b), event(a)] };
  const stream = streamOf(
    [{ name: '1', from: docker }, follow('also', 'web:1'), follow('again', 'also')],
    history,
  );

  it.each([
    [
      'also',
      'web:also follows web:1: --at-target rolls that one back, with all that follow it; --detach cuts web:also loose from it',
    ],
    [
      'again',
      'web:again follows web:also: --at-target rolls that one back, with all that follow it; --detach cuts web:again loose from it',
    ],
  ])('%s is not rolled back unasked', (tag, message) => {
    expect(plan({ tag }, stream)).toEqual({ ok: false, message });
  });

  it.each(['also', 'again'])('%s is rolled back at its target', (tag) => {
    expect(planned({ tag, atTarget: true }, stream)).toMatchObject({ tag: '1', next: { name: '1' } });
  });

  it('in a circle can only be cut loose', () => {
    const circle = streamOf([follow('also', 'again'), follow('again', 'also')], history);
    expect(plan({ tag: 'also', atTarget: true }, circle)).toEqual({
      ok: false,
      message: 'web:also follows itself in a circle; --detach cuts it loose',
    });
    expect(planned({ tag: 'also', detach: true }, circle)).toMatchObject({ tag: 'also' });
  });

  it('--detach and --at-target say nothing of a tag that follows none', () => {
    expect(planned({ detach: true }, stream)).toMatchObject({ tag: '1' });
    expect(planned({ atTarget: true }, stream)).toMatchObject({ tag: '1' });
  });
});

describe('what is said besides', () => {
  it.each<[string, object, readonly string[]]>([
    [
      'the way back to a source',
      { from: docker },
      ['to take the image of its source again: pinstream tag q.test/web:1 web:1'],
    ],
    [
      'the end of a schedule',
      { from: docker, importPolicy: { scheduled: true } },
      [
        'web:1 is no longer imported on schedule; to follow its source again: pinstream tag --scheduled q.test/web:1 web:1',
      ],
    ],
    ['nothing of a reference', { from: docker, reference: true }, []],
    ['nothing of an image', { from: { kind: 'ImageStreamImage', name: `web@${b}` } }, []],
    ['nothing of a tag that was pushed', {}, []],
    [
      'an alias',
      { from: { kind: 'ImageStreamTag', name: '0' } },
      ['it follows web:0 no longer; to follow it again: pinstream tag --alias web:0 web:1'],
    ],
    [
      'an alias in full',
      { from: { kind: 'ImageStreamTag', name: 'web:0' } },
      ['it follows web:0 no longer; to follow it again: pinstream tag --alias web:0 web:1'],
    ],
    [
      'a tag of another stream',
      { from: { kind: 'ImageStreamTag', name: 'os:9' } },
      ['it follows os:9 no longer; to take its image again: pinstream tag os:9 web:1'],
    ],
    [
      'a tag of another namespace',
      { from: { kind: 'ImageStreamTag', namespace: 'base', name: 'web:9' } },
      ['it follows base/web:9 no longer; to take its image again: pinstream tag base/web:9 web:1'],
    ],
  ])('%s', (_, spec, notes) => {
    expect(planned({ detach: true }, streamOf([{ name: '1', ...spec }], three)).notes).toEqual(notes);
  });
});
