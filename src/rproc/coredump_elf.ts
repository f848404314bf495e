/** What stands before the memory in a core dump: docs/reference/kernel-abi.md 3.7. */
import type { Endian } from '../emu/hardware.js';
import { ELF_CLASS, HEADER_SIZE, PT_LOAD, PT_NOTE } from './elf.js';
import type { ElfClass } from './elf_loader.js';
import type { DumpFormat } from './platform.js';
import type { DumpSegment } from './resources.js';
import { bytesOf } from './text.js';

const ET_CORE = 4;
const EV_CURRENT = 1;
const ELFDATA = { le: 1, be: 2 } as const;
const READ_WRITE_EXECUTE = 7;
const SHT_PROGBITS = 1;
const SHT_STRTAB = 3;
const SHF_WRITE = 1;
const STRING_TABLE = 'STR_TBL';

/** Section 1: after the one that is all zeros, before those of the segments. */
const STRING_SECTION = 1;
const FIRST_SEGMENT_SECTION = 2;

const ENTRY_SIZE = { elf32: { program: 32, section: 40 }, elf64: { program: 56, section: 64 } } as const;

/** A field: its value and its width in bytes, or `word` for what an ELF class makes 4 or 8 of. */
type Field = readonly [value: bigint | number, width: 1 | 2 | 4 | 'word'];

/** A format whose class is known. */
type Format = DumpFormat & { readonly elfClass: ElfClass };

/** All that comes before the first byte of memory, in `endian` order. */
export function headerOf(format: Format, endian: Endian, entry: bigint, segments: readonly DumpSegment[]): Uint8Array {
  const layout = format.layout === 'sections' ? sections : programs;
  const parts = layout(format, segments, ({ phoff = 0, phentsize = 0, phnum = 0, shoff = 0, ...rest }) => {
    const { shentsize = 0, shnum = 0, shstrndx = 0 } = rest;
    return [
      ...[0x7f, 0x45, 0x4c, 0x46, ELF_CLASS[format.elfClass], ELFDATA[endian], EV_CURRENT].map(byte),
      ...Array<number>(9).fill(0).map(byte),
      [ET_CORE, 2],
      [format.machine, 2],
      [EV_CURRENT, 4],
      [entry, 'word'],
      [phoff, 'word'],
      [shoff, 'word'],
      [0, 4], // e_flags
      [HEADER_SIZE[format.elfClass], 2],
      [phentsize, 2],
      [phnum, 2],
      [shentsize, 2],
      [shnum, 2],
      [shstrndx, 2],
    ];
  });
  return encode(parts, format.elfClass, endian);
}

const byte = (value: number): Field => [value, 1];

/** The fields of an ELF header that depend on the layout; the others of them are 0. */
interface Tables {
  readonly phoff?: number;
  readonly phentsize?: number;
  readonly phnum?: number;
  readonly shoff?: number;
  readonly shentsize?: number;
  readonly shnum?: number;
  readonly shstrndx?: number;
}

type Layout = (format: Format, segments: readonly DumpSegment[], fileHeader: (tables: Tables) => Field[]) => Field[];

/** File header, program headers, and the note if the platform has one. */
const programs: Layout = (format, segments, fileHeader) => {
  const { elfClass } = format;
  const note = format.note?.(elfClass);
  const phoff = HEADER_SIZE[elfClass];
  const phentsize = ENTRY_SIZE[elfClass].program;
  const phnum = segments.length + (note === undefined ? 0 : 1);
  const noteOffset = phoff + phentsize * phnum;
  const noteSize = note?.length ?? 0;
  const offsets = offsetsOf(
    segments.map(({ size }) => Number(size)),
    noteOffset + noteSize,
  );
  const load = { type: PT_LOAD, flags: READ_WRITE_EXECUTE };
  const noted = { type: PT_NOTE, flags: 0, offset: noteOffset, da: 0n, size: BigInt(noteSize) };
  return [
    ...fileHeader({ phoff, phentsize, phnum }),
    ...segments.flatMap(({ da, size }, index) =>
      programHeader(elfClass, { ...load, offset: offsets[index] ?? 0, da, size }),
    ),
    ...(note === undefined ? [] : [...programHeader(elfClass, noted), ...[...note].map(byte)]),
  ];
};

/** File header, section headers (nothing, the names, the segments), names. */
const sections: Layout = ({ elfClass }, segments, fileHeader) => {
  const shoff = HEADER_SIZE[elfClass];
  const shentsize = ENTRY_SIZE[elfClass].section;
  const shnum = FIRST_SEGMENT_SECTION + segments.length;
  const names = [STRING_TABLE, ...segments.map(({ name = '' }) => name)];
  const strings = `\0${names.map((name) => `${name}\0`).join('')}`;
  const [stringTable = 0, ...nameOffsets] = offsetsOf(
    names.map((name) => name.length + 1),
    1,
  );
  const stringsOffset = shoff + shentsize * shnum;
  const offsets = offsetsOf(
    segments.map(({ size }) => Number(size)),
    stringsOffset + strings.length,
  );
  const nothing = sectionHeader({ name: 0, type: 0, offset: 0, size: 0 });
  return [
    ...fileHeader({ shoff, shentsize, shnum, shstrndx: STRING_SECTION }),
    ...nothing,
    ...sectionHeader({ name: stringTable, type: SHT_STRTAB, offset: stringsOffset, size: strings.length }),
    ...segments.flatMap(({ da, size }, index) =>
      sectionHeader({
        name: nameOffsets[index] ?? 0,
        type: SHT_PROGBITS,
        flags: SHF_WRITE,
        address: da,
        offset: offsets[index] ?? 0,
        size,
      }),
    ),
    ...[...bytesOf(strings)].map(byte),
  ];
};

/** Where each of these begins when they follow one another without padding. */
function offsetsOf(lengths: readonly number[], first: number): number[] {
  let next = first;
  return lengths.map((length) => {
    const offset = next;
    next += length;
    return offset;
  });
}

interface Program {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly da: bigint;
  readonly size: bigint;
}

const programHeader = (elfClass: ElfClass, { type, flags, offset, da, size }: Program): Field[] => [
  [type, 4],
  ...(elfClass === 'elf64' ? [[flags, 4] as const] : []),
  [offset, 'word'],
  [da, 'word'], // p_vaddr
  [da, 'word'], // p_paddr
  [size, 'word'], // p_filesz
  [size, 'word'], // p_memsz
  ...(elfClass === 'elf32' ? [[flags, 4] as const] : []),
  [0, 'word'], // p_align
];

interface Section {
  readonly name: number;
  readonly type: number;
  readonly flags?: number;
  readonly address?: bigint;
  readonly offset: number;
  readonly size: number | bigint;
}

const sectionHeader = ({ name, type, flags = 0, address = 0n, offset, size }: Section): Field[] => [
  [name, 4],
  [type, 4],
  [flags, 'word'],
  [address, 'word'],
  [offset, 'word'],
  [size, 'word'],
  [0, 4], // sh_link
  [0, 4], // sh_info
  [0, 'word'], // sh_addralign
  [0, 'word'], // sh_entsize
];

/** Values are cut to the width of their field. */
function encode(fields: readonly Field[], elfClass: ElfClass, endian: Endian): Uint8Array {
  const word = elfClass === 'elf64' ? 8 : 4;
  const widthOf = ([, width]: Field): number => (width === 'word' ? word : width);
  const bytes = Buffer.alloc(fields.reduce((sum, field) => sum + widthOf(field), 0));
  let at = 0;
  for (const field of fields) {
    const width = widthOf(field);
    for (let index = 0; index < width; index++) {
      const shift = BigInt(8 * (endian === 'le' ? index : width - 1 - index));
      bytes[at + index] = Number((BigInt(field[0]) >> shift) & 0xffn);
    }
    at += width;
  }
  return bytes;
}
