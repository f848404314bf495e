import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { coreModel, DEFAULT_MODEL, modelNames } from '../emu/cpu/models/index.js';
import type { Endian } from '../emu/hardware.js';
import { CommandError } from './command-error.js';
import { placeInJson } from './segment-place.js';

const EI_DATA = 5;
const MSB = 2;

export const inspectCommand = (): Command =>
  new Command('inspect')
    .description(
      'show what a firmware image holds, and what `echo start > state` would make of it; status 1 if it would fail',
    )
    .argument('<file>', 'an ELF image')
    .addOption(
      new Option('--endian <order>', "byte order of the machine (default: the image's own)").choices(['le', 'be']),
    )
    .addOption(new Option('--cpu <model>', 'what its MIPS cores are').choices(modelNames).default(DEFAULT_MODEL))
    .option('--json', 'print it as JSON, whose keys docs/commands.md explains')
    .action(async (file: string, { endian, cpu, json }: { endian?: Endian; cpu: string; json?: boolean }) => {
      const bytes = await readFile(file).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new CommandError(`${file} cannot be read (${reason})`, { cause: error });
      });
      const order = endian ?? (bytes[EI_DATA] === MSB ? 'be' : 'le');
      const { inspect, segmentMap } = await import('../rproc/index.js');
      const { lines, loads } = await inspect(bytes, order, coreModel(cpu), basename(file));
      if (json === true) {
        const segments = segmentMap(bytes, order).map(placeInJson);
        console.log(JSON.stringify({ file, endian: order, cpu, loads, segments, lines }, null, 2));
      } else console.log(lines.join('\n'));
      if (!loads) process.exitCode = 1;
    });
