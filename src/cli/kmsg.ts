/** Reading the kernel log of a mounted machine, by its /dev/kmsg. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../fs/index.js';
import { LOG_CAPACITY, type LogEntry } from '../kernel/index.js';
import { CommandError } from './command-error.js';
import { parseRecord } from './dmesg-format.js';

/** Longer than any record: every byte of a line may take four. */
const LONGEST_RECORD = 8192;

/** How a read ends the log. EAGAIN: that was all. The others: nobody serves it any more. */
const ENDS = new Set<unknown>(['EAGAIN', 'ENOTCONN', 'ECONNABORTED', 'ENODEV']);
/** What does not end it. EPIPE: lines were lost before they were read. ETIMEDOUT: fuse-native waits no longer. */
const GOES_ON = new Set<unknown>(['EPIPE', 'EINTR', 'ETIMEDOUT']);

/** Begins at the oldest line. @throws CommandError */
export async function openLog(root: string, follow = false): Promise<FileHandle> {
  const path = join(root, 'dev/kmsg');
  return open(path, constants.O_RDONLY | (follow ? 0 : constants.O_NONBLOCK)).catch((error: unknown) => {
    throw new CommandError(
      `${path} cannot be read (${String(codeOf(error))}): is a machine mounted at ${root}, and is it yours?`,
      { cause: error },
    );
  });
}

/**
 * The entries from where the last reading of `log` ended, up to the last one that there is, or without end when it was
 * opened to follow. When nobody takes them nothing is read: the log loses its oldest lines, and this reader too.
 */
export async function* entriesOf(log: FileHandle): AsyncGenerator<LogEntry> {
  const buffer = Buffer.alloc(LONGEST_RECORD);
  for (;;) {
    try {
      const { bytesRead } = await log.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      const entry = parseRecord(buffer.toString('latin1', 0, bytesRead));
      if (entry === undefined) throw new CommandError('what is mounted there has no kernel log');
      yield entry;
    } catch (error) {
      if (ENDS.has(codeOf(error))) return;
      if (!GOES_ON.has(codeOf(error))) throw error;
    }
  }
}

/**
 * As entriesOf(), of a log that was not opened to follow. Of one that grows faster than it can be read, as while a firmware
 * crashes again and again, as many lines as there can have been when the reading began.
 */
export async function* entriesThere(log: FileHandle): AsyncGenerator<LogEntry> {
  let end = Infinity;
  for await (const entry of entriesOf(log)) {
    end = Math.min(end, entry.sequence + LOG_CAPACITY);
    yield entry;
    if (entry.sequence >= end) return;
  }
}

/** What there is since the last reading of a log that was not opened to follow. */
export async function newEntries(log: FileHandle): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of entriesThere(log)) entries.push(entry);
  return entries;
}

/** Whether a line of the log may concern processor `n`: not when it is another one's. */
export function concerns({ text }: LogEntry, n: number): boolean {
  const other = /^remoteproc remoteproc(\d+): /.exec(text)?.[1];
  return other === undefined || Number(other) === n;
}
