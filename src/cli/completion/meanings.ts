/** What may be given for a value, told by its name in the definition. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { healthOf, mountedMachines, type MountedMachine } from '../mounted-machines.js';
import { mayLackRoot } from '../processor-arguments.js';
import { lineOf, processorsOf } from '../processors.js';
import { NOTHING, type Candidate, type Completion } from './complete.js';

/** What is on this machine. Nothing here fails: what cannot be read offers nothing. */
export interface Surroundings {
  /** ROOTs that are mounted. */
  roots(): Promise<readonly Candidate[]>;
  /** Processors by their numbers. */
  processors(root: string): Promise<readonly Candidate[]>;
  /** Names in a directory below ROOT. */
  names(root: string, directory: string): Promise<readonly string[]>;
}

type Meaning = (surroundings: Surroundings, given: readonly string[]) => Promise<Completion>;

const onlyOthers =
  (others: Completion['others']): Meaning =>
  () =>
    Promise.resolve({ ...NOTHING, others });

/** The ROOT that was given first, or the only one that there is. */
async function rootOf(surroundings: Surroundings, [root = '']: readonly string[]): Promise<string | undefined> {
  if (root !== '') return root;
  const roots = await surroundings.roots();
  return roots.length === 1 ? roots[0]?.value : undefined;
}

/** The file names of a directory of the machine. */
const namesIn =
  (directory: (given: readonly string[]) => string): Meaning =>
  async (surroundings, given) => {
    const root = await rootOf(surroundings, given);
    if (root === undefined) return NOTHING;
    const names = await surroundings.names(root, directory(given));
    return { ...NOTHING, candidates: names.map((value) => ({ value, description: '' })) };
  };

const processors: Meaning = async (surroundings, given) => {
  const root = await rootOf(surroundings, given);
  return root === undefined ? NOTHING : { ...NOTHING, candidates: await surroundings.processors(root) };
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  n: processors,
  name: namesIn(([, n = '']) => `sys/kernel/debug/mips-rproc/remoteproc${n}`),
  channel: namesIn(() => 'sys/bus/rpmsg/devices'),
  firmware: namesIn(() => 'lib/firmware'),
  file: onlyOthers('file'),
  script: onlyOthers('file'),
  dir: onlyOthers('directory'),
  cmd: onlyOthers('program'),
};

const roots: Meaning = async (surroundings) => ({ candidates: await surroundings.roots(), others: 'directory' });

/** A ROOT that may be left out may also be the number that comes next. */
const rootOrNumber: Meaning = async (surroundings, given) => {
  const numbers = await processors(surroundings, given);
  return { candidates: [...numbers.candidates, ...(await surroundings.roots())], others: 'directory' };
};

const nothing: Meaning = () => Promise.resolve(NOTHING);

/** Of an option it is the name of its value: `--firmware-dir <dir>` takes a directory. */
const nameOf = (definition: Option | Argument): string =>
  'flags' in definition ? (/[<[]([\w-]+)/.exec(definition.flags)?.[1] ?? '') : definition.name();

/** `verb` is the one that it belongs to: a ROOT that is mounted already is none to mount. */
export function meaningOf(definition: Option | Argument, verb: Command): Meaning {
  const name = nameOf(definition);
  if (name !== 'root') return MEANINGS[name] ?? nothing;
  if (verb.name() === 'mount') return onlyOthers('directory');
  return mayLackRoot(verb) ? rootOrNumber : roots;
}

/** A machine that does not answer would hang whoever reads it; one that goes meanwhile offers nothing. */
async function ifAlive<T>(
  root: string,
  read: (machine: MountedMachine) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const machine = (await mountedMachines()).find((one) => one.root === resolve(root));
  if (machine === undefined || (await healthOf(machine)) !== 'alive') return [];
  return read(machine).catch(() => []);
}

export const HERE: Surroundings = {
  roots: async () => (await mountedMachines()).map(({ root, pid }) => ({ value: root, description: `process ${pid}` })),
  processors: (root) =>
    ifAlive(root, async (machine) =>
      Promise.all(
        (await processorsOf(machine)).map(async (processor) => {
          const [name, state] = await Promise.all(['name', 'state'].map((file) => lineOf(processor.file(file))));
          return { value: String(processor.n), description: `${name ?? ''}, ${state ?? ''}` };
        }),
      ),
    ),
  names: (root, directory) => ifAlive(root, ({ root: path }) => readdir(join(path, directory))),
};
