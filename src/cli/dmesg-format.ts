import type { KernelLog, LogEntry } from '../kernel/index.js';

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
 * Prints every entry from now on. A reader that does not keep up loses lines instead of holding anyone up; when it goes
 * away (EPIPE), printing ends, and nothing else does.
 */
export function printLog(log: KernelLog, to: NodeJS.WriteStream, raw = false): void {
  const end = log.subscribe((entry) => {
    if (to.writableNeedDrain) return;
    to.write(raw ? rawLine(entry) : `${formatEntry(entry)}\n`);
  });
  to.on('error', end);
}
