import { codeOf } from '../fs/index.js';
import type { KernelLog, LogEntry } from '../kernel/index.js';
import { TerminalWriter } from './terminal-writer.js';

/** A line as dmesg prints it: `[    1.234567] text`. */
export function formatEntry({ time, text }: LogEntry): string {
  const seconds = Math.floor(time / 1e6);
  return `[${String(seconds).padStart(5)}.${String(time % 1e6).padStart(6, '0')}] ${text}`;
}

/** A line as `dmesg -r` prints it, in the bytes that were logged. */
export const rawLine = (entry: LogEntry): Buffer =>
  Buffer.from(`<${(entry.facility << 3) | entry.level}>${formatEntry(entry)}\n`, 'latin1');

const RECORD = /^(\d+),(\d+),(\d+),[^;\n]*;([^\n]*)\n/;

/** A record of /dev/kmsg (latin1); undefined when it is none. What follows its first line, properties, is left out. */
export function parseRecord(record: string): LogEntry | undefined {
  const [, priority, sequence, time, escaped] = RECORD.exec(record) ?? [];
  if (escaped === undefined) return undefined;
  const text = escaped.replace(/\\x([0-9a-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return {
    facility: Number(priority) >>> 3,
    level: Number(priority) & 7,
    sequence: Number(sequence),
    time: Number(time),
    text,
  };
}

/**
 * Prints every entry from now on to standard error. A reader that does not keep up loses lines instead of holding anyone up; when
 * it goes away (EPIPE, EIO), or has no room (ENOSPC), printing ends, and nothing else does.
 */
export function printLog(log: KernelLog, raw = false): void {
  const encode = (entry: LogEntry): Buffer => (raw ? rawLine(entry) : Buffer.from(`${formatEntry(entry)}\n`));
  const { stderr } = process;
  const terminal = stderr.isTTY ? openTerminal() : undefined;
  const end = log.subscribe((entry) => {
    if (terminal === undefined) {
      if (!stderr.writableNeedDrain) stderr.write(encode(entry));
    } else if (!terminal.write(encode(entry))) end();
  });
  stderr.on('error', end);
}

/** Nothing when the terminal belongs to somebody else, as after su(1): then it is written to as any other file. */
function openTerminal(): TerminalWriter | undefined {
  try {
    return new TerminalWriter();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}
