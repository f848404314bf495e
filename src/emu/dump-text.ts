import type { DumpLine } from './cpu/dump-line.js';
import { disassemble, type Isa } from './isa/index.js';

/** The lines with their instructions as the assembler writes them. */
export const dumpText = (lines: readonly DumpLine[], isa: Isa): string[] =>
  lines.map((line) =>
    typeof line === 'string' ? line : `${line.text} ${disassemble(line.bits, line.pc, isa, line.bytes)}`,
  );
