/** What may be given for a value, told by its name in the definition. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argument, Option } from 'commander';
import { health } from '../../fs/index.js';
import { CLASS, line, mountedMachines, processorNumbers } from '../mounted-machines.js';
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
  firmware: namesIn(() => 'lib/firmware'),
  file: onlyOthers('file'),
  script: onlyOthers('file'),
  dir: onlyOthers('directory'),
  command: onlyOthers('program'),
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
export function meaningOf(definition: Option | Argument, verb: string): Meaning {
  const name = nameOf(definition);
  if (name !== 'root') return MEANINGS[name] ?? nothing;
  if (verb === 'mount') return onlyOthers('directory');
  return definition.required ? roots : rootOrNumber;
}

/** A machine that does not answer would hang whoever reads it. */
const ifAlive = async <T>(root: string, read: () => Promise<readonly T[]>): Promise<readonly T[]> =>
  (await health(join(root, 'sys'))) === 'alive' ? read().catch(() => []) : [];

export const HERE: Surroundings = {
  roots: async () => (await mountedMachines()).map(({ root, pid }) => ({ value: root, description: `process ${pid}` })),
  processors: (root) =>
    ifAlive(root, async () => {
      const numbers = await processorNumbers(root);
      return Promise.all(
        numbers.map(async (n) => {
          const directory = join(root, CLASS, `remoteproc${n}`);
          const [name, state] = await Promise.all([line(join(directory, 'name')), line(join(directory, 'state'))]);
          return { value: String(n), description: `${name}, ${state}` };
        }),
      );
    }),
  names: (root, directory) => ifAlive(root, () => readdir(join(root, directory))),
};
