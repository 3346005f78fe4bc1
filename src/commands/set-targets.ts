import { asText, type JsonObject } from '../json/untyped.ts';
import { groupOf } from '../workload/metadata.ts';
import { imageStreams, workloadNamed, workloads } from './kinds.ts';
import type { ObjectKind } from './object-client.ts';

/** What an argument of a `set` verb names: one object, or, without a name, all of a kind. */
export interface Target {
  readonly kind: ObjectKind;
  readonly name?: string;
}

export type Targets =
  { readonly ok: true; readonly targets: readonly Target[] } | { readonly ok: false; readonly error: string };

/** Reads `NAME…` and `TYPE/NAME…`; a name alone is one of `bare`. */
export function namedTargets(args: readonly string[], bare: ObjectKind): Targets {
  return allOf(args.map((arg) => (arg.includes('/') ? typedName(arg) : named(bare, arg))));
}

/** Reads `TYPE/NAME…`, `TYPE NAME…` and `TYPE[,TYPE]`, as kubectl does. */
export function typedTargets(args: readonly string[]): Targets {
  const [types = '', ...names] = args;
  if (types.includes('/')) {
    const bare = args.find((arg) => !arg.includes('/'));
    if (bare === undefined) return allOf(args.map(typedName));
    return wrong(
      `arguments in resource/name form must have a single resource and name: "${bare}" has no type`,
    );
  }
  if (names.some((name) => name.includes('/'))) {
    return wrong(
      `write each object as TYPE/NAME, or one type and then names: "${args.join(' ')}" mixes them`,
    );
  }
  return allOf(
    types.split(',').flatMap((type) => {
      const kind = kindNamedBy(type);
      if (kind === undefined) return [unknownType(type)];
      return names.length === 0
        ? [{ ok: true, targets: [{ kind }] } as const]
        : names.map((name) => named(kind, name));
    }),
  );
}

/** The kind of an object as it says itself; undefined where a `set` verb has nothing to do with it. */
export function kindOfObject(object: JsonObject): ObjectKind | undefined {
  const group = groupOf(asText(object.apiVersion));
  return [imageStreams, ...workloads].find((kind) => kind.group === group && kind.kind === object.kind);
}

const streamWords = new Set(['imagestreams', 'imagestream', 'is']);

function kindNamedBy(word: string): ObjectKind | undefined {
  const lower = word.toLowerCase();
  const short = lower.replace(/\.(?:v1\.)?image\.openshift\.io$/, '');
  return streamWords.has(short) ? imageStreams : workloadNamed(word);
}

function typedName(arg: string): Targets {
  const [type = '', name = '', ...more] = arg.split('/');
  const kind = kindNamedBy(type);
  if (kind === undefined) return unknownType(type);
  if (more.length > 0) {
    return wrong(`arguments in resource/name form may not have more than one slash: "${arg}"`);
  }
  return name === ''
    ? wrong(`arguments in resource/name form must have a single resource and name: "${arg}" has no name`)
    : named(kind, name);
}

function named(kind: ObjectKind, name: string): Targets {
  return { ok: true, targets: [{ kind, name }] };
}

function unknownType(type: string): Targets {
  return wrong(`the server doesn't have a resource type "${type}" that names images`);
}

function wrong(error: string): Targets {
  return { ok: false, error };
}

function allOf(parts: readonly Targets[]): Targets {
  const targets: Target[] = [];
  for (const part of parts) {
    if (!part.ok) return part;
    targets.push(...part.targets);
  }
  return { ok: true, targets };
}
