import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Endian } from '../../src/emu/hardware.js';
import { repository } from './repository.js';

export const fixturesDirectory = join(repository, 'fixtures');

/** Path of a firmware of fixtures/out. */
export const fixture = (endian: Endian, name: string): string => join(fixturesDirectory, 'out', endian, `${name}.elf`);

/** Firmware whose trace, and whose fault if it ends in one, was recorded on QEMU: fixtures/expected. */
export const recorded = [
  ...['hello', 'kseg0', 'wait', 'vdev', 'ipi', 'float', 'softfloat', 'llsc', 'tlb', 'cop', 'selfmod'],
  ...['null', 'jump', 'unaligned', 'ri', 'break', 'overflow', 'runoff'].map((how) => `crash-${how}`),
];

/** What `name` is expected to print; softfloat prints what float does. Lines are as `comparable` gives them. */
export const expected = (endian: Endian, name: string): string =>
  comparable(
    readFileSync(join(fixturesDirectory, 'expected', `${name === 'softfloat' ? 'float' : name}.txt`), 'utf8').replace(
      'little endian',
      endian === 'le' ? 'little endian' : 'big endian',
    ),
  );

/** The lines of the instruction tests (fixtures/insn): the name of a group, how many words, their checksum. */
export const expectedInstructions = (endian: Endian): string =>
  readFileSync(join(fixturesDirectory, 'expected', `insn-${endian}.txt`), 'utf8');

/** The text without what differs from one processor model to another. */
export const comparable = (text: string): string => text.replace(/^PRId [0-9a-f]{8}/m, 'PRId ........');

/** False when `command` is not installed, for tests that need a tool that may be missing. */
export const installed = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v "$1" >/dev/null', 'sh', command]);
    return true;
  } catch {
    return false;
  }
};
