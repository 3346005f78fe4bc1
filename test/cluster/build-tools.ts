/**
 * `node test/cluster/build-tools.ts`: builds what the test control plane and the test registry lack into the cache
 * folder, with the Go toolchain. Does nothing when everything is there. Exit code 1, and one line on stderr, when it cannot.
 */
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isControlPlaneTool, moduleFolder, pinOf, toolNames, type Pin, type ToolName } from './pins.ts';
import { cacheFolder, findTools } from './tools.ts';

const progressEveryMs = 15_000;
const say = (line: string): boolean => process.stderr.write(`${line}\n`);

/** The exit code for the shell. */
async function main(): Promise<number> {
  const tools = findTools(toolNames);
  if (tools.kind === 'found') return 0;
  const names = tools.missing.join(', ');
  // What somebody else provides is theirs to complete; what KUBEBUILDER_ASSETS never holds is built all the same.
  const lacking = process.env.KUBEBUILDER_ASSETS ? tools.missing.filter(isControlPlaneTool) : [];
  if (lacking.length > 0) {
    say(
      `test tools: ${lacking.join(', ')} missing in ${process.env.KUBEBUILDER_ASSETS ?? ''}: ${tools.howTo}`,
    );
    return 1;
  }
  if (!(await hasGo())) {
    const otherwise = tools.missing.some(isControlPlaneTool)
      ? 'set KUBEBUILDER_ASSETS'
      : `put ${names} into PATH`;
    say(
      `test tools: ${names} missing, and no Go to build with: install Go (https://go.dev/dl), or ${otherwise}`,
    );
    return 1;
  }
  say(`test tools: building ${names} with Go, once; some minutes`);
  for (const tool of tools.missing) {
    if (!(await buildTool(tool))) return 1;
  }
  return 0;
}

async function hasGo(): Promise<boolean> {
  return promisify(execFile)('go', ['version']).then(
    () => true,
    () => false,
  );
}

/** Builds under a name of this process and renames, so that two builds at once both end with a whole binary. */
async function buildTool(tool: ToolName): Promise<boolean> {
  const pin = pinOf(tool);
  const folder = cacheFolder(tool);
  const partial = join(folder, `.${tool}.${process.pid}`);
  const started = Date.now();
  const elapsed = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
  await mkdir(folder, { recursive: true });
  say(`${tool} ${pin.version}: building`);
  const progress = setInterval(() => say(`${tool} ${pin.version}: building, ${elapsed()}`), progressEveryMs);
  try {
    const failure = await goBuild(pin, partial);
    if (failure !== undefined) {
      say(`${tool} ${pin.version}: go build failed after ${elapsed()}:\n${failure}`);
      return false;
    }
    await chmod(partial, 0o755);
    await rename(partial, join(folder, tool));
    say(`${tool} ${pin.version}: built in ${elapsed()}`);
    return true;
  } finally {
    clearInterval(progress);
    await rm(partial, { force: true });
  }
}

/** Runs `go build`; gives the end of what it said when it failed. */
function goBuild(pin: Pin, output: string): Promise<string | undefined> {
  const tags = pin.tags === undefined ? [] : ['-tags', pin.tags];
  const args = ['build', '-trimpath', ...tags, '-ldflags', linkerFlags(pin), '-o', output, pin.goPackage];
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
  const child = spawn('go', args, { cwd: moduleFolder(pin), env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? undefined : said.trim()));
  });
}

/** Kubernetes learns its version from the linker; without it the API server's compatibility versions go wrong. */
function linkerFlags({ goModule, version }: Pin): string {
  if (goModule !== 'k8s.io/kubernetes') return '-s -w';
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const set = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((goPackage) =>
    Object.entries(values).map(([name, value]) => `-X ${goPackage}.${name}=${value}`),
  );
  return ['-s -w', ...set].join(' ');
}

process.exitCode = await main();
