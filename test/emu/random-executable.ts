/** A random program (random-program.ts) as an executable: o32, or n64 on a 64-bit core. */
import type { Isa } from '../../src/emu/isa/index.js';
import { CODE, type Program } from './random-program.js';

const PT_LOAD = 1;
const PT_MIPS_ABIFLAGS = 0x70000003;
const ABIFLAGS_BYTES = 24;
const FP_DOUBLE = 1;
const FP_64 = 6;
const EXECUTABLE = 2;
const MIPS = 8;
const PAGE = 4096;

const EF_MIPS_ABI_O32 = 0x1000;
const EF_MIPS_NAN2008 = 0x400;
const EF_MIPS_FP64 = 0x200;
/** EF_MIPS_ARCH of Release 1, 2…5 and 6. */
const ARCHITECTURE = {
  32: { first: 0x50000000, second: 0x70000000, sixth: 0x90000000 },
  64: { first: 0x60000000, second: 0x80000000, sixth: 0xa0000000 },
} as const;

function flagsOf({ bits, release, nan2008 }: Isa, fr: boolean): number {
  const { first, second, sixth } = ARCHITECTURE[bits];
  const architecture = release === 6 ? sixth : release === 1 ? first : second;
  const abi = bits === 32 ? EF_MIPS_ABI_O32 | (fr ? EF_MIPS_FP64 : 0) : 0;
  return (architecture | abi | (nan2008 ? EF_MIPS_NAN2008 : 0)) >>> 0;
}

/** Writes numbers of 16, 32 and `bits` bits one after another, as the structures of an ELF file have them. */
class Writer {
  readonly #view: DataView;
  constructor(
    file: Uint8Array,
    private at: number,
    private readonly isa: Isa,
  ) {
    this.#view = new DataView(file.buffer);
  }
  get #little(): boolean {
    return this.isa.endian === 'le';
  }
  half(...values: readonly number[]): this {
    for (const value of values) this.#view.setUint16((this.at += 2) - 2, value, this.#little);
    return this;
  }
  word(...values: readonly number[]): this {
    for (const value of values) this.#view.setUint32((this.at += 4) - 4, value, this.#little);
    return this;
  }
  /** Addresses, sign-extended, offsets and sizes. */
  long(...values: readonly number[]): this {
    if (this.isa.bits === 32) return this.word(...values);
    for (const value of values) this.#view.setBigUint64((this.at += 8) - 8, BigInt(value | 0), this.#little);
    return this;
  }
}

/** The program's file; its ABI flags choose Status.FR. */
export function executable({ isa, fr, image, kind, entry }: Program): Uint8Array {
  const wide = isa.bits === 64;
  const [header, programHeader] = wide ? [64, 56] : [52, 32];
  const flagsAt = header + 2 * programHeader;
  const file = new Uint8Array(PAGE + image.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, isa.endian === 'le' ? 1 : 2, 1]);
  const write = new Writer(file, 16, isa).half(EXECUTABLE, MIPS).word(1).long(entry, header, 0);
  write.word(flagsOf(isa, fr)).half(header, programHeader, 2);
  const segment = (index: number, type: number, flags: number, offset: number, size: number, align: number): void => {
    const to = new Writer(file, header + index * programHeader, isa).word(type);
    const address = CODE[kind] + (offset === PAGE ? 0 : offset);
    if (wide) to.word(flags).long(offset, address, address, size, size, align);
    else to.word(offset, address, address, size, size, flags, align);
  };
  segment(0, PT_MIPS_ABIFLAGS, 4, flagsAt, ABIFLAGS_BYTES, 8);
  segment(1, PT_LOAD, 7, PAGE, image.length, PAGE);
  // isa level and revision, size of GPRs, of CP1 registers, of CP2 registers, floating-point ABI
  const sizes = [wide ? 2 : 1, fr ? 2 : 1, 0, wide ? FP_DOUBLE : fr ? FP_64 : FP_DOUBLE];
  file.set([isa.bits, isa.release, ...sizes], flagsAt + 2);
  file.set(image, PAGE);
  return file;
}
