/** Disassembly by GNU objdump, one word or half word at a time. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const OBJDUMP = 'mipsel-linux-gnu-objdump';
const ALIASES = 'no-aliases,gpr-names=o32,cp0-names=numeric,hwr-names=numeric';

/**
 * What objdump writes for little-endian code at address 0: the text by address.
 *
 * @param machine BFD name, e.g. 'mips:isa32r2'.
 * @param modes   more of objdump's -M options.
 */
export function objdump(code: Uint8Array, machine: string, modes: readonly string[] = []): Map<number, string> {
  const directory = mkdtempSync(join(tmpdir(), 'objdump-'));
  try {
    const path = join(directory, 'code');
    writeFileSync(path, code);
    const options = ['-D', '-b', 'binary', '-m', machine, '-EL', '-z', '-M', [ALIASES, ...modes].join()];
    const listing = execFileSync(OBJDUMP, [...options, path], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const texts = new Map<number, string>();
    for (const line of listing.split('\n')) {
      const [, address, text] = /^\s*([0-9a-f]+):\s+(?:[0-9a-f]{4} ?){1,2}\s+(.*)$/.exec(line) ?? [];
      if (address !== undefined && text !== undefined) texts.set(parseInt(address, 16), text);
    }
    return texts;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
