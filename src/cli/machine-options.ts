/** Options that say what machine is simulated: shared by the commands that make one. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
// not by way of its index, which makes tables of every instruction: help and completion need none
import { DEFAULT_MODEL, modelNames } from '../emu/cpu/models/index.js';
import { ENGINES, MAX_CPUS, type Endian, type EngineName, type MachineOptions } from '../emu/hardware.js';
import { CommandError } from './command-error.js';
import { cacheChoice, NO_CACHE } from './translation-cache.js';

const MiB = 1 << 20;
const DEFAULT_MEMORY = 64;
const MOST_MEMORY = 256;
export const CLOCKS = ['real', 'virtual'] as const;

export interface MachineChoice {
  readonly cpus: number;
  readonly endian: Endian;
  /** MiB */
  readonly mem: number;
  /** Name of a core model. */
  readonly cpu: string;
  readonly clock: MachineOptions['clock'];
  readonly engine: EngineName;
  /** Directory, or NO_CACHE; undefined: the user's cache. */
  readonly translationCache?: string;
  /** Directory that the files of firmware are confined to. */
  readonly uhiRoot?: string;
  /** Directories that stand for /lib/firmware, in order; empty: ROOT/lib/firmware. */
  readonly firmwareDir: readonly string[];
}

/** A machine that a file may describe further. */
export interface BoardChoice extends MachineChoice {
  /** A file that describes the machine. */
  readonly machine?: string;
}

export const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };

const collect = (directory: string, before: readonly string[]): string[] => [...before, resolve(directory)];

/** What the help and the manual call them together. */
const GROUP = 'Options of the machine:';

const machineOptions = (): Option[] => [
  new Option(
    '--cpus <n>',
    'CPUs of the machine, CPU 0 being Linux; every other one starts offline, as a remote processor',
  )
    .argParser(integer(1, MAX_CPUS))
    .default(4),
  new Option('--firmware-dir <dir>', 'where firmware is looked up; may be given several times, searched in that order')
    .argParser(collect)
    .default([], 'ROOT/lib/firmware; with run, /lib/firmware'),
  new Option('--endian <order>', 'byte order of the machine').choices(['le', 'be']).default('le'),
  new Option('--mem <MiB>', 'RAM of the machine').argParser(integer(4, MOST_MEMORY)).default(DEFAULT_MEMORY),
  new Option('--cpu <model>', 'what its MIPS cores are').choices(modelNames).default(DEFAULT_MODEL),
  new Option(
    '--clock <kind>',
    'whether time on the cores passes as here, or with the instructions that they execute, the same in every run',
  )
    .choices(CLOCKS)
    .default('real'),
  new Option(
    '--engine <engine>',
    'what executes firmware: an interpreter; beside it a translator to WebAssembly, from the start on or (auto) once firmware computes for long; or both, compared',
  )
    .choices(ENGINES)
    .default(ENGINES[0]),
  new Option('--translation-cache <dir>', `where the translator keeps what it made for the next run, or "${NO_CACHE}"`)
    .argParser(cacheChoice)
    .default(undefined, '$XDG_CACHE_HOME/mips-rprocfs or ~/.cache/mips-rprocfs'),
  new Option(
    '--uhi-root <dir>',
    'the directory of files that firmware may use by UHI calls; without it there are none',
  ).argParser((directory: string) => resolve(directory)),
];

/** With `--machine FILE` in front of them. */
export const addBoardOptions = (command: Command): Command =>
  addMachineOptions(
    command.option(
      '--machine <file>',
      'a description of the machine, YAML or JSON: docs/machine-file.md',
      (file: string) => resolve(file),
    ),
  );

export function addMachineOptions(command: Command): Command {
  for (const option of machineOptions()) command.addOption(option.helpGroup(GROUP));
  return command;
}

/** The same options for another process, which may run in another directory. */
export const boardArguments = ({
  cpus,
  endian,
  mem,
  cpu,
  clock,
  engine,
  translationCache,
  uhiRoot,
  firmwareDir,
  machine,
}: BoardChoice): string[] => [
  ...Object.entries({ cpus, endian, mem, cpu, clock, engine }).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ...(translationCache === undefined ? [] : ['--translation-cache', translationCache]),
  ...(uhiRoot === undefined ? [] : ['--uhi-root', uhiRoot]),
  ...(machine === undefined ? [] : ['--machine', machine]),
  ...firmwareDir.flatMap((directory) => ['--firmware-dir', directory]),
];

/** Of the machine that a user gets who gives no option. */
export const defaultMachine = (): Pick<MachineOptions, 'cpu' | 'memory' | 'engine'> => ({
  cpu: DEFAULT_MODEL,
  memory: DEFAULT_MEMORY * MiB,
  engine: ENGINES[0],
});

export const memoryBytes = ({ mem }: MachineChoice): number => mem * MiB;

/** Throws CommandError for one that is not there: a wrong name would only show as a firmware that is not found. */
export async function checkFirmwareDirectories({ firmwareDir }: MachineChoice): Promise<void> {
  for (const directory of firmwareDir) await checkDirectory('firmware directory', directory);
}

/** Throws CommandError. */
export async function checkDirectory(what: string, directory: string): Promise<void> {
  const status = await stat(directory).catch((error: unknown) => {
    throw new CommandError(`the ${what} ${directory} cannot be used: it does not exist, or may not be read`, {
      cause: error,
    });
  });
  if (!status.isDirectory()) throw new CommandError(`the ${what} ${directory} is not a directory`);
}
