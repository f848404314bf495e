import type { Endian } from '../emu/hardware.js';
import { cString } from './text.js';

export const ELF_CLASS = { none: 0, elf32: 1, elf64: 2 } as const;
export const PT_LOAD = 1;
export const PT_NOTE = 4;
const EI_CLASS = 4;
const EI_DATA = 5;

/** Offsets and widths (bytes) of the fields that the kernel reads; everything else in an image is ignored (kernel-abi.md 4.1). */
const LAYOUT = {
  elf32: {
    header: {
      entry: [24, 4],
      phoff: [28, 4],
      shoff: [32, 4],
      flags: [36, 4],
      phnum: [44, 2],
      shnum: [48, 2],
      shstrndx: [50, 2],
    },
    headerSize: 52,
    program: { type: [0, 4], offset: [4, 4], vaddr: [8, 4], paddr: [12, 4], filesz: [16, 4], memsz: [20, 4] },
    programSize: 32,
    section: { name: [0, 4], type: [4, 4], addr: [12, 4], offset: [16, 4], size: [20, 4] },
    sectionSize: 40,
  },
  elf64: {
    header: {
      entry: [24, 8],
      phoff: [32, 8],
      shoff: [40, 8],
      flags: [48, 4],
      phnum: [56, 2],
      shnum: [60, 2],
      shstrndx: [62, 2],
    },
    headerSize: 64,
    program: { type: [0, 4], offset: [8, 8], vaddr: [16, 8], paddr: [24, 8], filesz: [32, 8], memsz: [40, 8] },
    programSize: 56,
    section: { name: [0, 4], type: [4, 4], addr: [16, 8], offset: [24, 8], size: [32, 8] },
    sectionSize: 64,
  },
} as const;

export const HEADER_SIZE = { elf32: LAYOUT.elf32.headerSize, elf64: LAYOUT.elf64.headerSize } as const;

type Fields<Name extends string> = Readonly<Record<Name, readonly [offset: number, width: number]>>;
type Header = Record<keyof typeof LAYOUT.elf32.header, bigint>;
export type ProgramHeader = Record<keyof typeof LAYOUT.elf32.program, bigint>;
export type SectionHeader = Record<keyof typeof LAYOUT.elf32.section, bigint>;

/**
 * A firmware image, read in the byte order of the kernel whatever the image says. Any bytes will do: what lies outside
 * the file reads as zero, so that an image that was never checked (recovery checks none, kernel-abi.md 3.6) does no harm.
 */
export class ElfImage {
  readonly #layout: (typeof LAYOUT)['elf32' | 'elf64'];

  constructor(
    readonly bytes: Uint8Array,
    private readonly endian: Endian,
  ) {
    this.#layout = this.elfClass === ELF_CLASS.elf32 ? LAYOUT.elf32 : LAYOUT.elf64;
  }

  get size(): bigint {
    return BigInt(this.bytes.length);
  }

  get elfClass(): number {
    return this.bytes[EI_CLASS] ?? 0;
  }

  /** EI_DATA is the byte order of the kernel. */
  get nativeEndian(): boolean {
    return this.bytes[EI_DATA] === (this.endian === 'le' ? 1 : 2);
  }

  get header(): Header {
    return this.#record(this.#layout.header, 0n);
  }

  get machine(): number {
    return Number(this.#number(18n, 2));
  }

  get sectionHeaderSize(): bigint {
    return BigInt(this.#layout.sectionSize);
  }

  /** Program headers in file order. */
  *programHeaders(): Generator<ProgramHeader> {
    const { phoff, phnum } = this.header;
    for (let index = 0n; index < phnum; index++)
      yield this.#record(this.#layout.program, phoff + index * BigInt(this.#layout.programSize));
  }

  /** The first section of this name: its type and flags play no part. */
  findSection(name: string): SectionHeader | undefined {
    const { shoff, shnum, shstrndx } = this.header;
    const at = (index: bigint) => this.#record(this.#layout.section, shoff + index * this.sectionHeaderSize);
    const names = at(shstrndx).offset;
    for (let index = 0n; index < shnum; index++) {
      const section = at(index);
      if (this.#string(names + section.name, name.length + 1) === name) return section;
    }
    return undefined;
  }

  /** Bytes of the file; the caller has checked that they are inside. */
  slice(offset: bigint, length: bigint): Uint8Array {
    return this.bytes.subarray(Number(offset), Number(offset + length));
  }

  #string(offset: bigint, longest: number): string {
    return offset < this.size ? cString(this.slice(offset, BigInt(longest))) : '';
  }

  #record<Name extends string>(fields: Fields<Name>, base: bigint): Record<Name, bigint> {
    const values: Partial<Record<Name, bigint>> = {};
    for (const name in fields) {
      const [offset, width] = fields[name];
      values[name] = this.#number(base + BigInt(offset), width);
    }
    return complete(fields, values);
  }

  #number(offset: bigint, width: number): bigint {
    let value = 0n;
    for (let index = 0; index < width; index++) {
      const at = offset + BigInt(this.endian === 'be' ? index : width - 1 - index);
      value = (value << 8n) | BigInt(at < this.size ? (this.bytes[Number(at)] ?? 0) : 0);
    }
    return value;
  }
}

const complete = <Name extends string>(
  fields: Fields<Name>,
  values: Partial<Record<Name, bigint>>,
): Record<Name, bigint> => {
  const isComplete = (some: Partial<Record<Name, bigint>>): some is Record<Name, bigint> =>
    Object.keys(fields).every((name) => name in some);
  if (!isComplete(values)) throw new Error('a field was not read');
  return values;
};
