import nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets Node keep compiled code from one run to the next, which halves the time of a short command. In the user's own folder:
 * what lies in a shared one could be somebody else's code. Where nothing can be written nothing is kept.
 */
export function keepCompiled(): void {
  const { NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  if (NODE_COMPILE_CACHE !== undefined) return; // Node has seen to it
  try {
    const cache = XDG_CACHE_HOME ?? join(homedir(), '.cache');
    nodeModule.enableCompileCache(join(cache, 'pinstream', 'compiled'));
  } catch {
    // There is no home.
  }
}
