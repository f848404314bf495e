/** `start`, `stop` and `load`: what the files firmware and state are for, with the reason when they refuse. */
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { codeOf } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { formatEntry } from './dmesg-format.js';
import { inWords } from './errno-words.js';
import { concerns, newEntries, openLog } from './kmsg.js';
import { processorArguments, processorOf } from './processor-arguments.js';
import { lineOf, type Processor } from './processors.js';

const FIRMWARE = 'the name of an image where firmware is looked up, such as ROOT/lib/firmware';

export const startCommand = (): Command =>
  processorArguments(
    new Command('start').description('start a remote processor, with the firmware named first'),
    ' [firmware]',
  )
    .argument('[firmware]', FIRMWARE)
    .addHelpText(
      'after',
      '\nExample: the same as `echo my.elf > firmware; echo start > state` there:\n  $ mips-rprocfs start /tmp/board 0 my.elf',
    )
    .action(async (...given: unknown[]) => {
      const { processor, rest } = await processorOf(given, 1);
      const [firmware] = rest;
      if (firmware !== undefined) await load(processor, firmware);
      await write(processor, 'state', 'start', 'did not start');
    });

export const stopCommand = (): Command =>
  processorArguments(new Command('stop').description('stop a remote processor'))
    .addHelpText(
      'after',
      '\nExample: by its name, of the only machine that is mounted:\n  $ mips-rprocfs stop mips-cpu1',
    )
    .action(async (...given: unknown[]) => {
      const { processor } = await processorOf(given);
      await write(processor, 'state', 'stop', 'did not stop');
    });

export const loadCommand = (): Command =>
  processorArguments(
    new Command('load').description('name the firmware that the next start of a remote processor takes'),
    ' <firmware>',
  )
    .argument('[firmware]', FIRMWARE)
    .addHelpText('after', '\nExample:\n  $ mips-rprocfs load /tmp/board 0 my.elf')
    .action(async (...given: unknown[]) => {
      const { processor, rest, command } = await processorOf(given, 1);
      const [firmware] = rest;
      if (firmware === undefined) return command.error("error: missing required argument 'firmware'");
      await load(processor, firmware);
    });

const load = (processor: Processor, firmware: string): Promise<void> =>
  write(processor, 'firmware', firmware, `did not take the firmware ${firmware}`);

/** Writes a word to a file of a processor; when that is refused, shows what the kernel said meanwhile. @throws CommandError */
async function write(processor: Processor, file: string, word: string, failure: string): Promise<void> {
  const { machine, device, n } = processor;
  const log = await openLog(machine.root);
  try {
    await newEntries(log);
    await writeFile(processor.file(file), word, { flag: 'r+' });
  } catch (error) {
    for (const entry of await newEntries(log)) if (concerns(entry, n)) console.error(formatEntry(entry));
    const name = (await lineOf(processor.file('name'))) ?? 'gone';
    throw new CommandError(`${device} (${name}) ${failure}: ${await reasonOf(error, processor, word)}`, {
      cause: error,
    });
  } finally {
    await log.close();
  }
}

async function reasonOf(error: unknown, processor: Processor, word: string): Promise<string> {
  const code = codeOf(error);
  const words = inWords(code);
  const state = await lineOf(processor.file('state'));
  if (code === 'EACCES') return `${words}: its files belong to root, or to the user who mounted the machine`;
  if (word === 'start') return `${words}: \`mips-rprocfs why ${processor.machine.root} ${processor.n}\` tells more`;
  if (word === 'stop' && code === 'EINVAL' && state !== undefined) return `${words}: it is ${state}`;
  if (code === 'EBUSY') return `${words}: it is ${state ?? 'gone'}, stop it first`;
  return words;
}
