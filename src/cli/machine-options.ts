/** Options that say what machine is simulated: shared by the commands that make one. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { DEFAULT_MODEL, modelNames, type Endian, type MachineOptions } from '../emu/index.js';
import { CommandError } from './command-error.js';

const MiB = 1 << 20;
const MOST_CPUS = 64;
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
  /** Directory that the files of firmware are confined to. */
  readonly uhiRoot?: string;
  /** Directories that stand for /lib/firmware, in order; empty: ROOT/lib/firmware. */
  readonly firmwareDir: readonly string[];
}

const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };

const collect = (directory: string, before: readonly string[]): string[] => [...before, resolve(directory)];

export const addMachineOptions = (command: Command): Command =>
  command
    .option(
      '--cpus <n>',
      'CPUs of the machine, CPU 0 being Linux; every other one starts offline, as a remote processor',
      integer(1, MOST_CPUS),
      4,
    )
    .addOption(
      new Option(
        '--firmware-dir <dir>',
        'where firmware is looked up; may be given several times, searched in that order',
      )
        .argParser(collect)
        .default([], 'ROOT/lib/firmware'),
    )
    .addOption(new Option('--endian <order>', 'byte order of the machine').choices(['le', 'be']).default('le'))
    .option('--mem <MiB>', 'RAM of the machine', integer(4, MOST_MEMORY), 64)
    .addOption(new Option('--cpu <model>', 'what its MIPS cores are').choices(modelNames).default(DEFAULT_MODEL))
    .addOption(
      new Option(
        '--clock <kind>',
        'whether time on the cores passes as here, or with the instructions that they execute, the same in every run',
      )
        .choices(CLOCKS)
        .default('real'),
    )
    .option(
      '--uhi-root <dir>',
      'the directory of files that firmware may use by UHI calls; without it there are none',
      (directory: string) => resolve(directory),
    );

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
