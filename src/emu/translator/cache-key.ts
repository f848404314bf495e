/** What has to be equal for a translation that another process has made to be looked at. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from '../wasm/interface.js';

const EMULATOR = fileURLToPath(new URL('..', import.meta.url));

/**
 * The emulator's own program files: no version number has to be thought of when any of them changes what is generated, or what
 * it counts on.
 */
function programHash(): string {
  const hash = createHash('sha256');
  const files = readdirSync(EMULATOR, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  for (const name of files.sort()) hash.update(`${name}\0`).update(readFileSync(join(EMULATOR, name)));
  return hash.digest('hex');
}

let program: string | undefined;

/** @param shape what the code takes for granted (known.ts) */
export function cacheKey(target: Target, shape: string): Buffer {
  program ??= programHash();
  const [major] = process.versions.node.split('.');
  return createHash('sha256')
    .update(JSON.stringify([program, major, endianness(), target, shape]))
    .digest();
}
