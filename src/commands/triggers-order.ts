import { parseReference } from '../reference/parse.ts';

/** What `set triggers` is asked for, as far as it says which triggers and how. */
export interface TriggerWishes {
  readonly fromImage?: string | undefined;
  readonly fromConfig?: boolean | undefined;
  /** Undefined: not given. */
  readonly containers?: readonly string[] | undefined;
  readonly auto?: boolean | undefined;
  readonly manual?: boolean | undefined;
  readonly remove?: boolean | undefined;
  readonly removeAll?: boolean | undefined;
}

/** The tag that a trigger follows. */
export interface FollowedTag {
  /** Empty: the workload's own. */
  readonly namespace: string;
  /** "stream:tag" */
  readonly name: string;
}

/** What is to be done to the triggers of each object. */
export type TriggerOrder =
  | { readonly action: 'list' }
  | { readonly action: 'removeAll' }
  /** All of them, the config trigger too. */
  | { readonly action: 'switch'; readonly auto: boolean }
  | { readonly action: 'setConfig'; readonly on: boolean }
  | { readonly action: 'removeImage'; readonly from: FollowedTag; readonly containers?: readonly string[] }
  | {
      readonly action: 'setImage';
      readonly from: FollowedTag;
      readonly containers?: readonly string[];
      readonly auto: boolean;
    };

export type ReadOrder =
  { readonly ok: true; readonly order: TriggerOrder } | { readonly ok: false; readonly error: string };

/** Reads the flags, with oc's refusals (spec imagestream-system.md 5.6). */
export function triggerOrder(wishes: TriggerWishes): ReadOrder {
  const { fromImage = '', fromConfig = false, containers } = wishes;
  const { auto = false, manual = false, remove = false, removeAll = false } = wishes;
  const kinds = (fromImage === '' ? 0 : 1) + (fromConfig ? 1 : 0);
  if (auto && manual) return wrong('you must specify at most one of --auto or --manual');
  if (remove && removeAll) return wrong('you must specify either --remove or --remove-all');
  if (removeAll && (kinds > 0 || auto || manual)) {
    return wrong('--remove-all may not be used with any other flag');
  }
  if (remove && kinds === 0) return wrong('--remove requires a flag defining a trigger type to be specified');
  if (kinds > 1) return wrong('you may only set one trigger type at a time');
  if (containers !== undefined && fromImage === '') {
    return wrong('--containers goes with --from-image: it says whose image follows the tag');
  }
  if (removeAll) return ordered({ action: 'removeAll' });
  if (fromConfig) return ordered({ action: 'setConfig', on: !remove });
  if (fromImage === '') return ordered(auto || manual ? { action: 'switch', auto } : { action: 'list' });
  const from = followedTag(fromImage);
  if (typeof from === 'string') return wrong(from);
  const named = containers === undefined ? {} : { containers };
  return ordered(
    remove
      ? { action: 'removeImage', from, ...named }
      : { action: 'setImage', from, ...named, auto: !manual },
  );
}

/** `[NAMESPACE/]STREAM:TAG`; a text says what is wrong with it. */
function followedTag(text: string): FollowedTag | string {
  const parsed = parseReference(text);
  if (!parsed.ok) {
    return `the value of --from-image does not appear to be a valid reference to an image: ${parsed.error}`;
  }
  // Without a slash there is no registry, though the grammar takes "my.app:1" for one.
  const { registry, namespace, name, tag, id } = text.includes('/')
    ? parsed.reference
    : withoutRegistry(text);
  if (registry !== '' || id !== '' || name.includes('/')) {
    return 'the value of --from-image must point to an image stream tag on this server: [NAMESPACE/]STREAM:TAG';
  }
  if (tag === '') return 'the value of --from-image must include the tag you wish to pull from';
  return { namespace, name: `${name}:${tag}` };
}

function withoutRegistry(text: string) {
  const [path = '', id = ''] = text.split('@');
  const [name = '', tag = ''] = path.split(':');
  return { registry: '', namespace: '', name, tag, id };
}

function ordered(order: TriggerOrder): ReadOrder {
  return { ok: true, order };
}

function wrong(error: string): ReadOrder {
  return { ok: false, error };
}
