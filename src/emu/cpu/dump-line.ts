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

/** The lines with their instructions as numbers. */
export const rawText = (lines: readonly DumpLine[]): string[] =>
  lines.map((line) =>
    typeof line === 'string' ? line : `${line.text} 0x${line.bits.toString(16).padStart(2 * line.bytes, '0')}`,
  );
