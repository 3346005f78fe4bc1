import type { ImportSettings } from '../importer/settings.ts';
import { parseDuration } from '../importer/turn.ts';
import { judgeImport, parseAllowedRegistries, type ImportAllowList } from '../policy/import-allow-list.ts';
import type { ImageReference } from '../reference/reference.ts';
import type { Configuration } from './schema.ts';

/** The part of a configuration that imports ask, made ready to be asked. */
export function importSettings(configuration: Configuration): ImportSettings {
  const { import: settings, registrySources, internalRegistryHostname } = configuration;
  const [os = '', architecture = ''] = settings.platform.split('/');
  return {
    defaultMode: settings.mode,
    platform: { os, architecture },
    historyLimit: settings.historyLimit,
    repositoryTagsMax: settings.maxRepositoryTags,
    // The schema has let no other text through.
    scheduledIntervalMs: parseDuration(settings.scheduledInterval) ?? 900_000,
    registrySources,
    internalRegistryHostname,
    refusal: importRefusal(configuration),
  };
}

/** What `allowedRegistriesForImport` says to a stream that is saved: the second of upstream's checks (spec 3.6). */
export function savedStreamRefusal(
  configuration: Configuration,
): (reference: ImageReference, insecure: boolean) => string | undefined {
  const allowList = allowListOf(configuration);
  const { internalRegistryHostname } = configuration;
  return (reference, insecure) => {
    const verdict = judgeImport({
      via: 'imagestream',
      reference,
      insecure,
      allowList,
      internalRegistryHostname,
    });
    return verdict.allowed ? undefined : verdict.message;
  };
}

/**
 * What `allowedRegistriesForImport` says, at both of upstream's checks with their two ideas of ports (spec 3.6): what
 * somebody asks for now, and what was saved with the stream.
 */
function importRefusal(configuration: Configuration): ImportSettings['refusal'] {
  const { internalRegistryHostname } = configuration;
  const allowList = allowListOf(configuration);
  return ({ reference, insecure, asked, alreadyOnStream }) => {
    if (allowList.length === 0) return undefined;
    const question = { reference, insecure, allowList, internalRegistryHostname };
    const saved = judgeImport({ ...question, via: 'imagestream', alreadyOnStream: alreadyOnStream() });
    if (!saved.allowed) return saved.message;
    if (!asked) return undefined;
    const now = judgeImport({ ...question, via: 'imagestreamimport' });
    return now.allowed ? undefined : now.message;
  };
}

/** A list that cannot be read (a cluster's passes no schema) allows nothing: an empty one would allow all. */
function allowListOf({ allowedRegistriesForImport }: Configuration): ImportAllowList {
  const parsed = parseAllowedRegistries(allowedRegistriesForImport);
  return parsed.ok ? parsed.allowList : nothingAllowed;
}

const nothingAllowed: ImportAllowList = [{ host: '', port: '' }];
