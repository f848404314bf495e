/** Something at physical addresses above RAM. Registers are 32 bits wide, or pairs of that with the low word first. */
export interface Device {
  readonly base: number;
  readonly size: number;
  /** The register at an offset that is a multiple of 4, as processor `vp` reads it; one that does not exist reads 0. */
  read(offset: number, vp: number): number;
  write(offset: number, value: number, vp: number): void;
}
