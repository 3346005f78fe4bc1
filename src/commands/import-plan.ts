import { followTag } from '../imagestream/aliases.ts';
import { readImageStream } from '../imagestream/read.ts';
import type { ReferencePolicy } from '../imagestream/types.ts';
import { importModes, type ImportMode } from '../imagestream/whole-stream.ts';
import { asList, asObject, asText, objectAt, type JsonObject } from '../json/untyped.ts';
import { parseReference } from '../reference/parse.ts';
import type { ObjectKey } from './object-client.ts';
import {
  newStream,
  specTagOf,
  withAnnotation,
  withSpec,
  withSpecTag,
  type SpecTagObject,
} from './stream-object.ts';
import { tagResets } from './tag-resets.ts';

/** `import-image` as it was typed; what was not given is absent. */
export interface ImportImageOrder {
  readonly args: readonly string[];
  readonly namespace: string;
  readonly from?: string | undefined;
  readonly confirm?: boolean | undefined;
  readonly all?: boolean | undefined;
  readonly scheduled?: boolean | undefined;
  readonly insecure?: boolean | undefined;
  readonly referencePolicy?: string | undefined;
  readonly importMode?: string | undefined;
}

/** What is to be imported, as far as it can be told without the stream. */
export type ImportTarget =
  | { readonly ok: true; readonly key: ObjectKey; readonly target: string; readonly tag: string }
  | { readonly ok: false; readonly message: string };

export type ImportPlan =
  | { readonly ok: false; readonly message: string }
  | {
      readonly ok: true;
      readonly tags: readonly string[] | 'repository';
      /** How the tags of a whole repository are imported, where the server makes spec tags of them. */
      readonly policy: ImportPolicyWish;
      /** The stream as it is to be. */
      readonly change: (stream: JsonObject | undefined) => JsonObject;
      /** What tags lose by it, a sentence each. */
      readonly resets: readonly string[];
    };

export interface ImportPolicyWish {
  readonly importPolicy: NonNullable<SpecTagObject['importPolicy']>;
  readonly referencePolicy: { readonly type: ReferencePolicy };
}

const defaultTag = 'latest';
const insecureAnnotation = 'openshift.io/image.insecureRepository';

/** Reads the argument of `import-image` (spec imagestream-system.md 5.4). `tag` is '' with `--all`. */
export function importTarget({ args, namespace, all = false, ...flags }: ImportImageOrder): ImportTarget {
  const [target = ''] = args;
  if (target === '') return refused('you must specify the name of an image stream');
  if (args.length > 1) return refused(`one image stream at a time, not ${args.length}: ${args.join(', ')}`);
  const parsed = parseReference(target);
  if (!parsed.ok || parsed.reference.name === '') {
    return refused(
      'the image name must be a valid container image pull spec or reference to an image stream (e.g. myregistry/myteam/image:tag)',
    );
  }
  const { name, tag, id } = parsed.reference;
  if (id !== '') return refused("to import images by ID, use the 'tag' command");
  if (tag !== '' && all) return refused(`cannot specify a tag "${target}" as well as --all`);
  const { importMode = '', referencePolicy = 'source' } = flags;
  if (importMode !== '' && !importModes.some((mode) => mode === importMode)) {
    return refused(`valid ImportMode values are ${importModes.join(' or ')}`);
  }
  if (!['source', 'local'].includes(referencePolicy)) {
    return refused("reference policy must be set to 'source' or 'local'");
  }
  return { ok: true, key: { namespace, name }, target, tag: tag === '' && !all ? defaultTag : tag };
}

/**
 * What an `import-image` command asks of a stream (spec imagestream-system.md 5.4; vectors `followTag`).
 *
 * @param stream as it is; undefined: there is none
 * @param setsRepositoryTags whether the server makes spec tags of a whole repository's tags, as OpenShift's does
 */
export function planImport(
  order: ImportImageOrder,
  { key, target, tag }: Extract<ImportTarget, { ok: true }>,
  stream: JsonObject | undefined,
  setsRepositoryTags: boolean,
): ImportPlan {
  if (stream === undefined) {
    if (order.confirm !== true) {
      return refused(`no image stream named "${key.name}" exists, pass --confirm to create and import`);
    }
    const from = given(order.from) ?? target;
    if (order.all === true) return repositoryPlan(order, key, from, setsRepositoryTags);
    return tagsPlan(order, key, undefined, new Map([[tag, from]]));
  }
  return order.all === true
    ? planAll(order, key, stream, setsRepositoryTags)
    : planOne(order, key, tag, stream);
}

function planAll(
  order: ImportImageOrder,
  key: ObjectKey,
  stream: JsonObject,
  setsRepositoryTags: boolean,
): ImportPlan {
  const repository = asText(objectAt(stream, 'spec').dockerImageRepository);
  const from = given(order.from) ?? repository;
  if (from === '') {
    const sources = asList(objectAt(stream, 'spec').tags)
      .map(asObject)
      .filter((tag) => objectAt(tag, 'from').kind === 'DockerImage')
      .map((tag) => [asText(tag.name), asText(objectAt(tag, 'from').name)] as const);
    if (sources.length === 0) {
      return refused('image stream does not have tags pointing to external container images');
    }
    return tagsPlan(order, key, stream, new Map(sources));
  }
  if (from !== repository && order.confirm !== true) {
    return refused(
      repository === ''
        ? 'the image stream does not currently import an entire Docker repository, pass --confirm to update'
        : `the image stream has a different import spec "${repository}", pass --confirm to update`,
    );
  }
  return repositoryPlan(order, key, from, setsRepositoryTags);
}

function planOne(order: ImportImageOrder, key: ObjectKey, tag: string, stream: JsonObject): ImportPlan {
  const from = given(order.from) ?? '';
  const read = readImageStream(stream);
  const followed = followTag(read, tag);
  if (!followed.ok) {
    switch (followed.error) {
      case 'reference tag is invalid':
        return refused(`tag "${tag}" points to an invalid imagestreamtag`);
      case 'reference tag points to another imagestream':
        return refused(`tag "${tag}" points to an imagestreamtag from another ImageStream`);
      case 'reference tag is circular':
        return refused(`tag "${tag}" on the image stream is a reference to same tag`);
      case 'reference tag is not found': {
        const repository = tag === defaultTag ? asText(objectAt(stream, 'spec').dockerImageRepository) : '';
        const source = from === '' ? repository : from;
        return source === ''
          ? refused(
              `the tag "${tag}" does not exist on the image stream - choose an existing tag to import or use the 'tag' command to create a new tag`,
            )
          : tagsPlan(order, key, stream, new Map([[tag, source]]));
      }
    }
  }
  const { finalTag, multiple } = followed;
  const source = objectAt(specTagOf(stream, finalTag), 'from');
  const [kind, name] = [asText(source.kind), asText(source.name)];
  if (kind === '') {
    return refused(
      `tag "${tag}" already exists - you must use the 'tag' command if you want to change the source to "${from}"`,
    );
  }
  if (kind !== 'DockerImage') {
    return refused(`tag "${tag}" points to existing ${kind} "${name}", it cannot be re-imported`);
  }
  if (from !== '' && from !== name) {
    const way = multiple
      ? `the tag "${tag}" points to the tag "${finalTag}" which points to`
      : `the tag "${tag}" points to`;
    return refused(`${way} "${name}" - use the 'tag' command if you want to change the source to "${from}"`);
  }
  return tagsPlan(order, key, stream, new Map([[finalTag, name]]));
}

function tagsPlan(
  order: ImportImageOrder,
  key: ObjectKey,
  stream: JsonObject | undefined,
  sources: ReadonlyMap<string, string>,
): ImportPlan {
  const change = (current: JsonObject | undefined): JsonObject =>
    [...sources].reduce(
      (changed, [tag, from]) => withSpecTag(changed, importedTag(order, tag, from, specTagOf(changed, tag))),
      current ?? newStream(key),
    );
  const resets = [...sources].flatMap(([tag, from]) => {
    const old = stream && specTagOf(stream, tag);
    const lost = tagResets(old, importedTag(order, tag, from, old));
    return lost.length === 0 ? [] : [`${key.name}:${tag}: ${lost.join('; ')}`];
  });
  return { ok: true, tags: [...sources.keys()], policy: policyOf(order), change, resets };
}

function repositoryPlan(
  order: ImportImageOrder,
  key: ObjectKey,
  from: string,
  setsRepositoryTags: boolean,
): ImportPlan {
  const unmet = [
    order.scheduled === true ? '--scheduled' : undefined,
    order.referencePolicy === 'local' ? '--reference-policy' : undefined,
    order.importMode === 'PreserveOriginal' ? '--import-mode' : undefined,
  ].filter((flag) => flag !== undefined);
  if (unmet.length > 0 && !setsRepositoryTags) {
    return refused(
      `${unmet.join(', ')} cannot be said of a whole repository: its tags are imported as they are; say it of the tags that ` +
        `matter: pinstream tag ${unmet.join(' ')} ${from}:TAG ${key.name}:TAG`,
    );
  }
  const change = (current: JsonObject | undefined): JsonObject => {
    const stream = withSpec(current ?? newStream(key), { dockerImageRepository: from });
    return order.insecure === true && !setsRepositoryTags
      ? withAnnotation(stream, insecureAnnotation, 'true')
      : stream;
  };
  return { ok: true, tags: 'repository', policy: policyOf(order), change, resets: [] };
}

/** The spec tag that an import leaves: schedule and `insecure` are only switched on, the mode is always set (spec 5.4). */
function importedTag(
  order: ImportImageOrder,
  tag: string,
  from: string,
  old: JsonObject | undefined,
): SpecTagObject {
  const before = objectAt(old, 'importPolicy');
  const { importPolicy, referencePolicy } = policyOf(order);
  const { annotations } = asObject(old);
  const kept = asText(objectAt(old, 'referencePolicy').type);
  return {
    name: tag,
    ...(annotations === undefined || annotations === null
      ? {}
      : { annotations: annotations as Readonly<Record<string, string>> }),
    from: { kind: 'DockerImage', name: from },
    ...(asObject(old).reference === true ? { reference: true } : {}),
    importPolicy: {
      ...(importPolicy.insecure === true || before.insecure === true ? { insecure: true } : {}),
      ...(importPolicy.scheduled === true || before.scheduled === true ? { scheduled: true } : {}),
      ...(importPolicy.importMode === undefined ? {} : { importMode: importPolicy.importMode }),
    },
    referencePolicy: kept === '' ? referencePolicy : { type: kept === 'Local' ? 'Local' : 'Source' },
  };
}

function policyOf({ insecure, scheduled, importMode, referencePolicy }: ImportImageOrder): ImportPolicyWish {
  const mode: ImportMode = importModes.find((known) => known === importMode) ?? 'Legacy';
  return {
    importPolicy: {
      ...(insecure === true ? { insecure } : {}),
      ...(scheduled === true ? { scheduled } : {}),
      importMode: mode,
    },
    referencePolicy: { type: referencePolicy === 'local' ? 'Local' : 'Source' },
  };
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function refused(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
