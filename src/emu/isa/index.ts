/**
 * The instruction set: one table, `instructions(endian)`. The interpreter (../wasm), the disassembler and, later, the
 * translator are made from it, so they cannot disagree.
 *
 * ir.ts            the typed operations that a meaning is made of
 * encoding.ts      one row: name, bit pattern, operands, meaning
 * integer.ts, control.ts, memory.ts, fpu.ts   the rows, by kind
 * table.ts         all rows
 * disassembler.ts  a word as the assembler writes it
 */
export { disassemble } from './disassembler.js';
export type { Instruction } from './encoding.js';
export { EXCEPTION, exceptionName } from './exceptions.js';
export { instructions } from './table.js';
