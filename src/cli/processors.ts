/** The remote processors of a mounted machine, by their files. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { CLASS, type MountedMachine } from './mounted-machines.js';

/** What a file of one line says; undefined when the file, or the processor, is not there, or may not be read. */
export async function lineOf(path: string): Promise<string | undefined> {
  return (await textOf(path))?.replace(/\n$/, '');
}

/** The bytes of a file as a text; undefined as for {@link lineOf}. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return undefined;
    throw error;
  }
}

/** EIO: a file of debugfs that was removed. */
const ABSENT = new Set<unknown>(['ENOENT', 'EACCES', 'ENODEV', 'EIO']);

export class Processor {
  constructor(
    readonly machine: MountedMachine,
    readonly n: number,
  ) {}

  get device(): string {
    return `remoteproc${this.n}`;
  }

  /** Path of one of its files in the class. */
  file(name: string): string {
    return join(this.machine.root, CLASS, this.device, name);
  }

  /** Path of one of its files in the kernel's debugfs. */
  debug(name: string): string {
    return join(this.machine.root, 'sys/kernel/debug/remoteproc', this.device, name);
  }

  /** Path of one of its files in ours: docs/fault-injection.md. */
  ours(name: string): string {
    return join(this.machine.root, 'sys/kernel/debug/mips-rproc', this.device, name);
  }
}

/** In the order of their numbers. */
export async function processorsOf(machine: MountedMachine): Promise<Processor[]> {
  const names = await readdir(join(machine.root, CLASS));
  return names
    .flatMap((name) => /^remoteproc(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
    .map((n) => new Processor(machine, n));
}

/** The processor that the user means: N, remoteprocN, or its name, which does not change with the order of probing. */
export async function findProcessor(machine: MountedMachine, which: string): Promise<Processor> {
  const processors = await processorsOf(machine);
  const number = /^(?:remoteproc)?(\d+)$/.exec(which)?.[1];
  const names = await Promise.all(processors.map((processor) => lineOf(processor.file('name'))));
  const found =
    number === undefined
      ? processors[names.indexOf(which)]
      : processors.find((processor) => processor.n === Number(number));
  if (found !== undefined) return found;
  const known = processors.map(({ n }, index) => `${n} (${names[index] ?? 'gone'})`).join(', ');
  throw new CommandError(
    `${machine.root} has no remote processor ${which}: ${known === '' ? 'it has none at all' : `there are ${known}`}`,
  );
}
