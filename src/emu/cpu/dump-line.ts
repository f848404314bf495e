/** A line of what a core leaves in the kernel log. */
export type DumpLine = string | InstructionLine;

/** A line with an instruction at its end: as bits, since the table of instructions is large, and host threads do without. */
export interface InstructionLine {
  readonly text: string;
  readonly bits: number;
  /** Its address; of a core with 64 bits the low half. */
  readonly pc: number;
  readonly bytes: 2 | 4;
}
