import { DirectoryMirror } from '../store/directory-mirror.ts';
import { ObjectIndex } from '../store/object-index.ts';
import type { Log } from '../telemetry/log.ts';

/** What decisions ask, of the folder's files as the server would read them. What does not parse is left out, and told. */
export async function indexFolder(
  folder: string,
): Promise<{ readonly index: ObjectIndex; readonly notes: readonly string[] }> {
  const index = new ObjectIndex();
  const mirror = new DirectoryMirror(folder, index, silent);
  await mirror.refresh(Infinity);
  return { index, notes: mirror.problems().map((problem) => `${problem} (its objects do not count)`) };
}

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
