import { isObject, type JsonObject } from '../json/untyped.ts';
import { isDockerHub } from '../reference/docker-defaults.ts';

/** Which credential helpers a docker configuration names: `docker-credential-NAME` for each NAME. */
export interface HelperNames {
  /** `credHelpers`; '' for a registry that none is to be asked for. */
  readonly byRegistry: ReadonlyMap<string, string>;
  /** `credsStore`, for all other registries; '' without one. */
  readonly store: string;
}

export interface HelperNamesReading {
  readonly names: HelperNames;
  /** Stand for themselves and quote no content; what is not named here is used. */
  readonly problems: readonly string[];
}

/** Which helper to ask, and what to call the registry there. */
export interface HelperQuestion {
  readonly helper: string;
  readonly server: string;
  /** It is named for this very registry, so it should have something. */
  readonly named: boolean;
}

/** What docker calls Docker Hub, in its configuration and towards helpers. */
const hubServer = 'https://index.docker.io/v1/';
const hubKeys = [hubServer, 'index.docker.io', 'docker.io', 'registry-1.docker.io'];

/** Reads `credHelpers` and `credsStore` of a docker configuration. Never throws. */
export function readHelperNames(config: JsonObject): HelperNamesReading {
  const problems: string[] = [];
  const byRegistry = new Map<string, string>();
  const { credHelpers, credsStore } = config;
  if (isObject(credHelpers)) {
    for (const [index, [registry, name]] of Object.entries(credHelpers).entries()) {
      if (isHelperName(name)) byRegistry.set(registry, name);
      else problems.push(`entry ${index + 1} of credHelpers is skipped: ${badName}`);
    }
  } else if (!isAbsent(credHelpers)) {
    problems.push('credHelpers is skipped: it is not a JSON object');
  }
  if (isAbsent(credsStore) || isHelperName(credsStore))
    return { names: { byRegistry, store: credsStore ?? '' }, problems };
  return { names: { byRegistry, store: '' }, problems: [...problems, `credsStore is skipped: ${badName}`] };
}

/**
 * The helper for a registry, by the host exactly as an image names it, as docker does (cli/config/configfile, GetAuthConfig);
 * Docker Hub by any of its names.
 */
export function helperFor({ byRegistry, store }: HelperNames, registry: string): HelperQuestion | undefined {
  const onHub = isDockerHub(registry);
  const server = onHub ? hubServer : registry;
  // A helper reads lines.
  if (!onHub && !/^[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?$/.test(registry)) return undefined;
  const key = (onHub ? hubKeys : [registry]).find((candidate) => byRegistry.has(candidate));
  const helper = key === undefined ? store : (byRegistry.get(key) ?? '');
  return helper === '' ? undefined : { helper, server, named: key !== undefined };
}

const badName = 'a helper is named by letters, digits, ".", "_" and "-"';

/** It becomes the name of a program, and must not become a path. */
function isHelperName(name: unknown): name is string {
  return typeof name === 'string' && (name === '' || /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name));
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
