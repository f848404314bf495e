import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { codeOf } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { formatEntry, parseRecord } from './dmesg-format.js';

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
    .action(async (root: string, choice: DmesgChoice) => {
      const path = join(root, 'dev/kmsg');
      const log = await open(path, constants.O_RDONLY | (choice.follow === true ? 0 : constants.O_NONBLOCK)).catch(
        (error: unknown) => {
          throw new CommandError(
            `${path} cannot be read (${String(codeOf(error))}): is a machine mounted at ${root}, and is it yours?`,
            { cause: error },
          );
        },
      );
      try {
        await pipeline(lines(log, path, choice.raw ?? false), process.stdout, { end: false });
      } catch (error) {
        // whoever read our output has had enough
        if (codeOf(error) !== 'EPIPE') throw error;
      } finally {
        await log.close();
      }
    });

/** Longer than any record: every byte of a line may take four. */
const LONGEST_RECORD = 8192;

/** How a read ends the log. EAGAIN: that was all. The others: nobody serves it any more. */
const ENDS = new Set<unknown>(['EAGAIN', 'ENOTCONN', 'ECONNABORTED', 'ENODEV']);
/** What does not end it. EPIPE: lines were lost before they were read. ETIMEDOUT: fuse-native waits no longer. */
const GOES_ON = new Set<unknown>(['EPIPE', 'EINTR', 'ETIMEDOUT']);

/** One line a read, as bytes. When nobody takes them nothing is read: the log loses its oldest lines, and this reader too. */
async function* lines(log: FileHandle, path: string, raw: boolean): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(LONGEST_RECORD);
  for (;;) {
    try {
      const { bytesRead } = await log.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      const entry = parseRecord(buffer.toString('latin1', 0, bytesRead));
      if (entry === undefined) throw new CommandError(`${path} is no kernel log`);
      const prefix = raw ? `<${(entry.facility << 3) | entry.level}>` : '';
      yield Buffer.from(`${prefix}${formatEntry(entry)}\n`, 'latin1');
    } catch (error) {
      if (ENDS.has(codeOf(error))) return;
      if (!GOES_ON.has(codeOf(error))) throw error;
    }
  }
}
