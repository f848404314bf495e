import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { programHash } from './program-hash.js';
import type { Target } from './wasm/interface.js';

let generator: string | undefined;

/** The file of the interpreter for a target, if one was built: an older program's has another name. */
export function builtInterpreter(target: Target): string {
  generator ??= programHash('./isa/', './wasm/', './layout.js');
  const key = createHash('sha256')
    .update(JSON.stringify([generator, target]))
    .digest('hex');
  return fileURLToPath(new URL(`./interpreters/${key}.wasm`, import.meta.url));
}
