import { readFileSync } from 'node:fs';

/** The flags of Node that the container image runs the program with, so that what is measured is what users have. */
export function imageFlags(): readonly string[] {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8');
  const [, words = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  return (JSON.parse(words) as readonly string[]).filter((word) => word.startsWith('--'));
}
