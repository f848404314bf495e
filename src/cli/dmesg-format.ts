import type { KernelLog, LogEntry } from '../kernel/index.js';

/** A line as dmesg prints it: `[    1.234567] text`. */
export function formatEntry({ time, text }: LogEntry): string {
  const seconds = Math.floor(time / 1e6);
  return `[${String(seconds).padStart(5)}.${String(time % 1e6).padStart(6, '0')}] ${text}`;
}

/**
 * Prints every entry from now on. A reader that does not keep up loses lines instead of holding anyone up; when it goes
 * away (EPIPE), printing ends, and nothing else does.
 */
export function printLog(log: KernelLog, to: NodeJS.WriteStream): void {
  const end = log.subscribe((entry) => {
    if (to.writableNeedDrain) return;
    to.write(`${formatEntry(entry)}\n`);
  });
  to.on('error', end);
}
