/**
 * System calls, one after the other, for tests: `probe.js open PATH FLAGS : read SIZE : pread SIZE OFFSET : write TEXT …`
 * prints one line a call. Runs as a process of its own: it blocks.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';

let fd = -1;
const quoted = (size: number, buffer: Buffer): string => `${size} ${JSON.stringify(buffer.toString('utf8', 0, size))}`;

const flagBits = (names: string): number =>
  names.split('|').reduce((bits, name) => {
    const bit: unknown = Reflect.get(constants, name);
    if (typeof bit !== 'number') throw new Error(`no such flag: ${name}`);
    return bits | bit;
  }, 0);

const CALLS: Readonly<Record<string, (...args: string[]) => string>> = {
  open: (path = '', flags = 'O_RDONLY') => {
    fd = openSync(path, flagBits(flags));
    return 'ok';
  },
  read: (size) => {
    const buffer = Buffer.alloc(Number(size));
    return quoted(readSync(fd, buffer, 0, buffer.length, null), buffer);
  },
  pread: (size, offset) => {
    const buffer = Buffer.alloc(Number(size));
    return quoted(readSync(fd, buffer, 0, buffer.length, Number(offset)), buffer);
  },
  write: (text = '') => String(writeSync(fd, text)),
  pwrite: (text = '', offset) => String(writeSync(fd, text, Number(offset))),
  fstat: () => {
    const { size, nlink } = fstatSync(fd);
    return `size=${size} nlink=${nlink}`;
  },
  tell: (path = '', text = '') => {
    writeFileSync(path, text);
    return 'ok';
  },
  close: () => {
    closeSync(fd);
    return 'ok';
  },
};

const calls = process.argv
  .slice(2)
  .join('\0')
  .split('\0:\0')
  .map((call) => call.split('\0'));
for (const [name = '', ...args] of calls) {
  let outcome: string;
  try {
    outcome = CALLS[name]?.(...args) ?? 'no such call';
  } catch (error) {
    const errno: unknown = error instanceof Error ? Reflect.get(error, 'errno') : undefined;
    outcome = typeof errno === 'number' ? `errno ${-errno}` : String(error);
  }
  console.log(`${name} = ${outcome}`);
}
