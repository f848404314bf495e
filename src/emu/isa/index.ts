/**
 * The instruction set: one table, `instructions(isa)`. The interpreter (../wasm), the translator (../translator) and
 * the disassembler are made from it, so they cannot disagree.
 *
 * isa.ts           what a core's instruction set is made of
 * ir.ts            the typed operations that a meaning is made of
 * field.ts         the fields of an encoding
 * encoding.ts      one row: name, bit pattern, operands, meaning; groups of rows that some cores have
 * integer*.ts, control*.ts, memory*.ts, fpu*.ts   the rows of the classic set, by kind
 * accumulators.ts  HI and LO
 * dsp*.ts          the DSP ASE (dsp.ts: all of it, dsp-lanes.ts: what its rows are made with)
 * msa*.ts          MSA (msa.ts: all of it); vector.ts: what it and the DSP ASE do with vectors
 * compressed.ts    how rows of the compressed sets borrow meanings: micromips*.ts, mips16*.ts
 * table.ts         all rows
 * disassembler.ts  a word as the assembler writes it
 */
export { disassemble } from './disassembler.js';
export type { Instruction } from './encoding.js';
export { EXCEPTION, exceptionName } from './exceptions.js';
export { instructions } from './table.js';
export { MIPS32R2, type Encoding, type Isa } from './isa.js';
