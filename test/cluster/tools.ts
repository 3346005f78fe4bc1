import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isControlPlaneTool, pinOf, type ToolName } from './pins.ts';

/** The environment variables that the lookup reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type ToolPaths<Tool extends ToolName> = Readonly<Record<Tool, string>>;

export type ToolsFound<Tool extends ToolName> =
  | { readonly kind: 'found'; readonly paths: ToolPaths<Tool> }
  | { readonly kind: 'missing'; readonly missing: readonly Tool[]; readonly howTo: string };

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
 * Finds these binaries and changes nothing. Those of the control plane: all in the folder `KUBEBUILDER_ASSETS` when that is
 * set (kubectl from `PATH` will do), else in the cache that build-tools.ts fills. Those that `KUBEBUILDER_ASSETS` never
 * holds: in the cache, else in `PATH`. `howTo` is one line for people.
 */
export function findTools<const Tool extends ToolName>(
  tools: readonly Tool[],
  env: Environment = process.env,
): ToolsFound<Tool> {
  const found = tools.map((tool) => [tool, placesOf(tool, env).find(isExecutable)] as const);
  const missing = found.filter(([, path]) => path === undefined).map(([tool]) => tool);
  if (missing.length > 0) return { kind: 'missing', missing, howTo: wayToGet(missing, env) };
  return { kind: 'found', paths: Object.fromEntries(found) as ToolPaths<Tool> };
}

/** The paths where a tool may be, best first. */
function placesOf(tool: ToolName, env: Environment): readonly string[] {
  const assets = given(env.KUBEBUILDER_ASSETS);
  const inPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  if (!isControlPlaneTool(tool)) return [cacheFolder(tool, env), ...inPath].map((at) => join(at, tool));
  if (assets === undefined) return [join(cacheFolder(tool, env), tool)];
  return [assets, ...(tool === 'kubectl' ? inPath : [])].map((at) => join(at, tool));
}

function wayToGet(missing: readonly ToolName[], env: Environment): string {
  if (!missing.some(isControlPlaneTool)) return `${build}, or put ${missing.join(', ')} into PATH`;
  return given(env.KUBEBUILDER_ASSETS)
    ? `complete KUBEBUILDER_ASSETS, or unset it and ${build}`
    : `${build}, or set KUBEBUILDER_ASSETS`;
}

/** A variable that is set to nothing counts as unset, as the XDG specification has it. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    // A folder counts as executable too, and `registry` is a name that folders have.
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
