/** What has to be equal for a translation that another process has made to be looked at. */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { programHash } from '../program-hash.js';
import type { Target } from '../wasm/interface.js';

let program: string | undefined;

/** @param shape what the code takes for granted (known.ts) */
export function cacheKey(target: Target, shape: string): Buffer {
  program ??= programHash('./');
  const [major] = process.versions.node.split('.');
  return createHash('sha256')
    .update(JSON.stringify([program, major, endianness(), target, shape]))
    .digest();
}
