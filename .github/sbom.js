/**
 * Prints the SBOM (CycloneDX) of what is in the image: the packages that the program needs at run time, as they are locked.
 *
 * `npm sbom --omit dev` on the lock file as it is leaves a package out of which development needs another version, too
 * (npm 11); so it is asked about a lock file that has the others only.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

const manifest = read('package.json');
delete manifest.devDependencies;
const lock = read('package-lock.json');
delete lock.packages[''].devDependencies;
lock.packages = Object.fromEntries(Object.entries(lock.packages).filter(([, { dev }]) => dev !== true));

const folder = mkdtempSync(join(tmpdir(), 'pinstream-sbom-'));
try {
  // It is called after the folder that it is in.
  const home = join(folder, manifest.name);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(home, 'package-lock.json'), JSON.stringify(lock));
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  process.stdout.write(
    execFileSync('npm', args, {
      cwd: home,
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
