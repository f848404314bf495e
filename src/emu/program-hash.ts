import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const programsIn = (directory: string): string[] =>
  readdirSync(at(directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => directory + name);

/**
 * A hash of the emulator's own program files, so that nobody has to think of a version number when one changes what is made
 * and kept.
 *
 * @param paths files, or directories with all that is in them, from here
 */
export function programHash(...paths: readonly string[]): string {
  const files = paths.flatMap((path) => (statSync(at(path)).isDirectory() ? programsIn(path) : [path]));
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(at(file)));
  return hash.digest('hex');
}
