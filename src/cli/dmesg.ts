import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { codeOf } from '../fs/index.js';
import { formatEntry, rawLine } from './dmesg-format.js';
import { entriesOf, entriesThere, openLog } from './kmsg.js';

interface DmesgChoice {
  readonly follow?: boolean;
  readonly raw?: boolean;
}

export const dmesgCommand = (): Command =>
  new Command('dmesg')
    .description('print the kernel log of the machine that is mounted at ROOT')
    .argument('<root>', 'the directory that was given to mount')
    .option('-w, --follow', 'go on with what is logged from now on, until the machine is unmounted')
    .option('-r, --raw', 'print <level> in front of every line')
    .addHelpText('after', '\nExample: the log as it comes:\n  $ mips-rprocfs dmesg -w /tmp/board')
    .action(async (root: string, { follow = false, raw = false }: DmesgChoice) => {
      const log = await openLog(root, follow);
      try {
        await pipeline(lines(log, { follow, raw }), process.stdout, { end: false });
      } catch (error) {
        // whoever read our output has had enough
        if (codeOf(error) !== 'EPIPE') throw error;
      } finally {
        await log.close();
      }
    });

async function* lines(log: FileHandle, { follow = false, raw = false }: DmesgChoice): AsyncGenerator<Buffer> {
  for await (const entry of follow ? entriesOf(log) : entriesThere(log))
    yield raw ? rawLine(entry) : Buffer.from(`${formatEntry(entry)}\n`, 'latin1');
}
