// Generates the interpreters of the machines that most users have, of either byte order: see src/emu/interpreters.ts.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { builtInterpreter } from '../dist/src/emu/built-interpreter.js';
import { defaultMachine } from '../dist/src/cli/machine-options.js';
import { targetOf } from '../dist/src/emu/interpreters.js';

const targets = ['le', 'be'].map((endian) => targetOf({ ...defaultMachine(), endian }));
const files = targets.map(builtInterpreter);
const directory = dirname(files[0]);
mkdirSync(directory, { recursive: true });
for (const [index, file] of files.entries()) {
  if (existsSync(file)) continue;
  const { interpreterModule } = await import('../dist/src/emu/wasm/interpreter.js');
  // under its name it is whole, also for a program that runs meanwhile
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, interpreterModule(targets[index]));
  renameSync(unfinished, file);
}
const wanted = new Set(files.map((file) => basename(file)));
for (const name of readdirSync(directory)) if (!wanted.has(name)) rmSync(join(directory, name));
