import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pinOf, toolNames, type ToolName } from './pins.ts';

/** The environment variables that the lookup reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type ToolPaths = Readonly<Record<ToolName, string>>;

export type ToolsFound =
  | { readonly kind: 'found'; readonly paths: ToolPaths }
  | { readonly kind: 'missing'; readonly missing: readonly ToolName[]; readonly howTo: string };

const build = 'run `npm run test:cluster` once (builds them with Go, some minutes)';

/**
 * The cache folder of one tool: tools of one Go module share it, and its name carries version and platform, so that
 * changing one pin rebuilds only what it pins.
 */
export function cacheFolder(tool: ToolName, env: Environment = process.env): string {
  const { folder, version } = pinOf(tool);
  const userCache = given(env.XDG_CACHE_HOME) ?? join(homedir(), '.cache');
  const root = given(env.PINSTREAM_TOOLS_CACHE) ?? join(userCache, 'pinstream', 'tools');
  return join(root, `${folder}-${version}-${process.platform}-${process.arch}`);
}

/**
 * Finds the control plane's binaries and changes nothing: all in the folder `KUBEBUILDER_ASSETS` when that is set
 * (kubectl from `PATH` will do), else in the cache that build-tools.ts fills. `howTo` is one line for people.
 */
export function findTools(env: Environment = process.env): ToolsFound {
  const assets = given(env.KUBEBUILDER_ASSETS);
  const places = (tool: ToolName): string[] => {
    if (assets === undefined) return [join(cacheFolder(tool, env), tool)];
    return [assets, ...(tool === 'kubectl' ? (env.PATH ?? '').split(delimiter) : [])].map((at) =>
      join(at, tool),
    );
  };
  const found = toolNames.map((tool) => [tool, places(tool).find(isExecutable)] as const);
  const missing = found.filter(([, path]) => path === undefined).map(([tool]) => tool);
  if (missing.length > 0) {
    const howTo = assets
      ? `complete KUBEBUILDER_ASSETS, or unset it and ${build}`
      : `${build}, or set KUBEBUILDER_ASSETS`;
    return { kind: 'missing', missing, howTo };
  }
  return { kind: 'found', paths: Object.fromEntries(found) as ToolPaths };
}

/** A variable that is set to nothing counts as unset, as the XDG specification has it. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
