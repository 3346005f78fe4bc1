import {
  asList,
  asObject,
  asText,
  findObject,
  objectAt,
  stringAt,
  type JsonObject,
} from '../json/untyped.ts';
import type { ClusterConfig } from '../policy/cluster-config.ts';
import type { MirrorRule } from '../policy/mirrors.ts';

/** The kinds of `config.openshift.io/v1` that say something of registries. */
export const configKinds = ['Image', 'ImageDigestMirrorSet', 'ImageTagMirrorSet'] as const;
export type ConfigKind = (typeof configKinds)[number];

/** One object, as far as it is read. */
export type ConfigObject =
  | ({ readonly kind: 'Image'; readonly name: string } & Omit<ClusterConfig, 'mirrors'>)
  | {
      readonly kind: 'ImageDigestMirrorSet' | 'ImageTagMirrorSet';
      readonly name: string;
      readonly rules: readonly MirrorRule[];
    };

/** The one Image of configuration that counts. */
const imageName = 'cluster';

/** What raw objects of any kind say together; of two objects of one kind and name the later one counts. */
export function clusterConfigOf(objects: Iterable<unknown>): ClusterConfig {
  const read = new Map<string, ConfigObject>();
  for (const raw of objects) {
    const kind = configKindOf(raw);
    if (kind === undefined) continue;
    const object = readConfigObject(kind, raw);
    read.set(`${object.kind} ${object.name}`, object);
  }
  return combineConfig(read.values());
}

/** Which of the kinds a raw object is of; undefined: of none. */
export function configKindOf(raw: unknown): ConfigKind | undefined {
  const { apiVersion, kind } = asObject(raw);
  return apiVersion === 'config.openshift.io/v1' ? configKinds.find((known) => known === kind) : undefined;
}

/** Reads one object; what is odd in it counts as not said, but never makes a list of what is allowed empty. */
export function readConfigObject(kind: ConfigKind, raw: unknown): ConfigObject {
  const name = asText(objectAt(raw, 'metadata').name);
  const spec = objectAt(raw, 'spec');
  switch (kind) {
    case 'Image':
      return { kind, name, ...registrySourcesOf(spec), ...importListOf(spec), ...internalHostOf(raw) };
    case 'ImageDigestMirrorSet':
      return { kind, name, rules: asList(spec.imageDigestMirrors).flatMap(readRule) };
    case 'ImageTagMirrorSet':
      return { kind, name, rules: asList(spec.imageTagMirrors).flatMap(readRule) };
  }
}

/** What objects of different names say together. Mirror sets go by their names, so that it never depends on the order. */
export function combineConfig(objects: Iterable<ConfigObject>): ClusterConfig {
  const sorted = [...objects].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const image = sorted.find((object) => object.kind === 'Image' && object.name === imageName);
  const rulesOf = (kind: ConfigKind): readonly MirrorRule[] =>
    sorted.flatMap((object) => (object.kind !== 'Image' && object.kind === kind ? object.rules : []));
  const mirrors = {
    digestMirrors: rulesOf('ImageDigestMirrorSet'),
    tagMirrors: rulesOf('ImageTagMirrorSet'),
  };
  if (image?.kind !== 'Image') return { mirrors };
  const { kind: _kind, name: _name, ...said } = image;
  return { ...said, mirrors };
}

/** Typed clients write an empty `registrySources` where nobody has set one. */
function registrySourcesOf(spec: JsonObject): Pick<ClusterConfig, 'registrySources'> {
  const raw = findObject(spec, ['registrySources']);
  const registrySources = {
    // What is no text stays as an entry that names nothing: an empty list would allow everything.
    allowedRegistries: asList(raw?.allowedRegistries).map(asText),
    blockedRegistries: textsOf(raw?.blockedRegistries),
    insecureRegistries: textsOf(raw?.insecureRegistries),
    containerRuntimeSearchRegistries: textsOf(raw?.containerRuntimeSearchRegistries),
  };
  return Object.values(registrySources).every((entries) => entries.length === 0) ? {} : { registrySources };
}

function textsOf(list: unknown): readonly string[] {
  return asList(list).filter((entry) => typeof entry === 'string' && entry !== '') as string[];
}

function importListOf(spec: JsonObject): Pick<ClusterConfig, 'allowedRegistriesForImport'> {
  const entries = asList(spec.allowedRegistriesForImport).map((entry) => ({
    domainName: asText(asObject(entry).domainName),
    insecure: asObject(entry).insecure === true,
  }));
  return entries.length === 0 ? {} : { allowedRegistriesForImport: entries };
}

function internalHostOf(raw: unknown): Pick<ClusterConfig, 'internalRegistryHostname'> {
  const internalRegistryHostname = stringAt(objectAt(raw, 'status'), 'internalRegistryHostname');
  return internalRegistryHostname === undefined ? {} : { internalRegistryHostname };
}

function readRule(raw: unknown): readonly MirrorRule[] {
  const source = stringAt(raw, 'source');
  if (source === undefined) return [];
  const { mirrors, mirrorSourcePolicy } = asObject(raw);
  return [
    { source, mirrors: textsOf(mirrors), neverContactSource: mirrorSourcePolicy === 'NeverContactSource' },
  ];
}
