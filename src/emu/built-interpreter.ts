import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Target } from './wasm/interface.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where what generates an interpreter is; the target's own description is the rest of it. */
const SOURCES = ['./isa/', './wasm/'];

let sources: string | undefined;

/** The file of the interpreter for a target, if one was built: an older program's has another name. */
export function builtInterpreter(target: Target): string {
  sources ??= hashOf([at('./layout.js'), ...SOURCES.flatMap((directory) => programsIn(at(directory)))]);
  const key = createHash('sha256')
    .update(JSON.stringify([sources, target]))
    .digest('hex');
  return at(`./interpreters/${key}.wasm`);
}

const programsIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => directory + name);

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}
