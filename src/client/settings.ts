import { join } from 'node:path';
import type { GlobalFlags } from '../cli/global-flags.ts';
import { CommandError } from '../cli/errors.ts';
import type { ObjectClient } from '../commands/object-client.ts';
import { mirrorRules, withCluster } from '../config/cluster.ts';
import { readConfiguration } from '../config/file.ts';
import { importSettings, savedStreamRefusal } from '../config/import-settings.ts';
import { parseConfiguration } from '../config/parse.ts';
import type { Configuration } from '../config/schema.ts';
import { admissionSettings } from '../config/settings.ts';
import { asObject, objectAt } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { listPages } from '../kube/list.ts';
import { servedResources } from '../kube/served-resources.ts';
import { StatusError } from '../kube/status-error.ts';
import { names } from '../server/names.ts';
import type { Settings } from '../server/settings.ts';
import { clusterConfigOf } from '../store/cluster-config-objects.ts';
import { listFiles, readText } from '../store/directory-files.ts';
import { readObjects } from '../store/directory-objects.ts';

/** Where objects come from: a cluster, or a folder of files. */
export type ObjectSource =
  { readonly client: KubeClient } | { readonly objects: ObjectClient; readonly folder: string };

export interface LoadedSettings {
  /** As of now: a command line is over before they change. */
  readonly settings: Settings;
  /** What qualifies whatever is decided by them. */
  readonly notes: readonly string[];
}

/**
 * The settings that the server decides by: those of `--config`, else of the server's ConfigMap, else the built-in ones; and
 * before them what `config.openshift.io` says of registries.
 *
 * @param unreadable what to do where the person may not read the server's: decisions must not be guessed
 * @throws {ConfigurationError} when they are not usable, {CommandError} when they may not be read
 */
export async function loadSettings(
  source: ObjectSource,
  { config }: Pick<GlobalFlags, 'config'>,
  unreadable: 'refuse' | 'builtIn',
): Promise<LoadedSettings> {
  const notes: string[] = [];
  const file = await configurationOf(source, config, unreadable, notes);
  const objects =
    'client' in source ? await configOfCluster(source.client, notes) : await configOfFolder(source.folder);
  const cluster = clusterConfigOf(objects);
  const configuration = withCluster(file, cluster);
  const mirrors = mirrorRules(configuration, cluster);
  const admission = admissionSettings(configuration);
  const importing = importSettings(configuration);
  const mayImport = savedStreamRefusal(configuration);
  const settings: Settings = {
    admission: () => admission,
    importing: () => importing,
    mayImport,
    configuration: () => configuration,
    mirrors: () => mirrors,
    setCluster: () => undefined,
    onChange: () => () => undefined,
  };
  return { settings, notes };
}

const configMap = { name: 'pinstream-config', key: 'config.yaml' };
const place = `the ConfigMap ${configMap.name} in ${names.namespace}`;
const wayOut = '--config FILE gives a copy of it, or an empty file for the defaults (docs/configuration.md)';

async function configurationOf(
  source: ObjectSource,
  file: string | undefined,
  unreadable: 'refuse' | 'builtIn',
  notes: string[],
): Promise<Configuration> {
  if (file !== undefined) return (await readConfiguration(file)).configuration;
  if (!('client' in source)) return builtIn();
  let text: string | undefined;
  try {
    const path = `/api/v1/namespaces/${names.namespace}/configmaps/${configMap.name}`;
    const written = objectAt(await source.client.get(path), 'data')[configMap.key];
    text = typeof written === 'string' ? written : undefined;
  } catch (error) {
    if (!(error instanceof StatusError) || (error.code !== 403 && error.code !== 404)) throw error;
    if (error.code === 403 && unreadable === 'refuse') {
      throw new CommandError(`Pinstream's configuration, ${place}, may not be read by you; ${wayOut}`);
    }
  }
  if (text === undefined) {
    notes.push(`Pinstream's configuration was not found in ${names.namespace}: decided with the defaults`);
    return builtIn();
  }
  return parseConfiguration(text, place);
}

function builtIn(): Configuration {
  return parseConfiguration('', '(built-in)');
}

const group = 'config.openshift.io/v1';
const kinds = {
  images: 'Image',
  imagedigestmirrorsets: 'ImageDigestMirrorSet',
  imagetagmirrorsets: 'ImageTagMirrorSet',
};

/** What a cluster does not serve is refused like what one may not read, so it is asked first what it serves. */
async function configOfCluster(client: KubeClient, notes: string[]): Promise<readonly unknown[]> {
  const served = await servedResources(client, group);
  const found: unknown[] = [];
  for (const [resource, kind] of Object.entries(kinds)) {
    if (served?.has(resource) !== true) continue;
    const path = `/apis/${group}/${resource}`;
    const put = (raw: unknown) => void found.push({ ...asObject(raw), apiVersion: group, kind });
    try {
      if (kind === kinds.images) put(await client.get(`${path}/cluster`));
      else await listPages(client, path, { put, signal: never });
    } catch (error) {
      if (!(error instanceof StatusError) || (error.code !== 403 && error.code !== 404)) throw error;
      if (error.code === 404) continue;
      notes.push(
        `${resource}.config.openshift.io may not be read by you: what it says of registries is left out`,
      );
    }
  }
  return found;
}

const never = new AbortController().signal;

/** Files that do not name the group are not parsed; what does not parse is told of where streams are read. */
async function configOfFolder(folder: string): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const file of (await listFiles(folder)).keys()) {
    const text = await readText(join(folder, file));
    if (text?.includes('config.openshift.io') !== true) continue;
    const contents = readObjects(file, text);
    if (contents.ok) found.push(...contents.objects.map(({ raw }) => raw));
  }
  return found;
}
