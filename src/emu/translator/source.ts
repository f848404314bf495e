/** What a region is found in. */
import type { Instruction } from './reader.js';

export interface Source {
  /** The instruction at an address, if it may be fetched from there; if that is a delay slot, with the address of its branch. */
  read(pc: number, branchPc: number): Instruction | undefined;
  /** The aligned word at an address that an instruction has been read from. */
  word(address: number): number | undefined;
  /** Known to be called: a jump there from elsewhere leaves the region. */
  isFunction(pc: number): boolean;
  /** The word that lies there, if data are known to be readable. */
  data(address: number): number | undefined;
  /** Instructions of the function there, if it may be taken in where it is called. */
  sizeOf(pc: number): number;
  /** Places that $31 was seen to have this address at: among them what is called before it, through a register. */
  returningTo(pc: number): readonly number[];
  /** Where the blocks of the function there begin. */
  placesOf(pc: number): ReadonlySet<number>;
  /** The interpreter may be called for single instructions. */
  readonly mayInterpret: boolean;
  /** The access of the instruction there has often gone to what is not in the window, such as a device. */
  isElsewhere(pc: number): boolean;
}
