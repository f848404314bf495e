/** ELF images and resource tables, put together byte by byte; every field can be spoiled. */
import type { Endian } from '../../src/emu/hardware.js';

export interface Segment {
  readonly paddr: bigint | number;
  readonly data?: Uint8Array;
  readonly type?: number;
  readonly vaddr?: number;
  readonly offset?: number;
  readonly filesz?: number;
  readonly memsz?: bigint | number;
}

export interface Image {
  readonly elfClass?: 1 | 2;
  readonly endian?: Endian;
  readonly entry?: bigint | number;
  readonly flags?: number;
  readonly segments?: readonly Segment[];
  readonly table?: Uint8Array;
  readonly tableAddress?: bigint | number;
  readonly tableName?: string;
  /** Header fields that are to say something else. */
  readonly header?: Partial<Record<'phoff' | 'phnum' | 'shoff' | 'shnum' | 'shstrndx', number>>;
  /** Of the section of the table. */
  readonly section?: { readonly offset?: number; readonly size?: number };
}

/** Writes numbers one after the other. */
export class Packer {
  readonly #bytes: number[] = [];
  constructor(private readonly endian: Endian = 'le') {}

  put(width: number, ...values: readonly (number | bigint)[]): this {
    for (const value of values) {
      const bytes = Array.from({ length: width }, (_, index) =>
        Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * index)) & 0xffn),
      );
      this.#bytes.push(...(this.endian === 'le' ? bytes : bytes.reverse()));
    }
    return this;
  }

  u32(...values: readonly number[]): this {
    return this.put(4, ...values);
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.push(...bytes);
    return this;
  }

  name(text: string, length = 32): this {
    const field = new Uint8Array(length);
    field.set(Buffer.from(text, 'latin1').subarray(0, length));
    return this.raw(field);
  }

  get length(): number {
    return this.#bytes.length;
  }

  build(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

export function buildElf(image: Image = {}): Uint8Array {
  const { elfClass = 1, endian = 'le', entry = 0x10000400, segments = [], tableAddress = 0, header = {} } = image;
  const wide = elfClass === 2;
  const word = wide ? 8 : 4;
  const [headerSize, programSize, sectionSize] = wide ? [64, 56, 64] : [52, 32, 40];
  const names = Buffer.from(`\0${image.tableName ?? '.resource_table'}\0.shstrtab\0`, 'latin1');
  const table = image.table ?? new Uint8Array();

  const dataStart = headerSize + programSize * segments.length;
  const offsets: number[] = [];
  let at = dataStart;
  for (const { data } of segments) {
    offsets.push(at);
    at += data?.length ?? 0;
  }
  const tableOffset = at;
  const namesOffset = tableOffset + table.length;
  const sectionsOffset = namesOffset + names.length;

  const out = new Packer(endian);
  out.raw(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, elfClass, endian === 'le' ? 1 : 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  out.put(2, 2, 8).put(4, 1);
  out.put(word, entry, header.phoff ?? headerSize, header.shoff ?? sectionsOffset);
  out.put(4, image.flags ?? 0).put(2, headerSize, programSize, header.phnum ?? segments.length);
  out.put(2, sectionSize, header.shnum ?? (image.table ? 3 : 2), header.shstrndx ?? 1);
  segments.forEach((segment, index) => {
    const { type = 1, paddr, vaddr = Number(paddr), data, filesz = data?.length ?? 0 } = segment;
    const { memsz = filesz, offset = offsets[index] ?? 0 } = segment;
    if (wide) out.put(4, type, 7).put(8, offset, vaddr, paddr, filesz, memsz, 0);
    else out.put(4, type, offset, vaddr, paddr, filesz, memsz, 7, 0);
  });
  for (const { data } of segments) out.raw(data ?? new Uint8Array());
  out.raw(table).raw(names);
  const section = (name: number, type: number, address: bigint | number, offset: number, size: number) =>
    out.put(4, name, type).put(word, 0, address, offset, size).put(4, 0, 0).put(word, 0, 0);
  section(0, 0, 0, 0, 0);
  section(2 + (image.tableName ?? '.resource_table').length, 3, 0, namesOffset, names.length);
  if (image.table !== undefined)
    section(1, 1, tableAddress, image.section?.offset ?? tableOffset, image.section?.size ?? table.length);
  return out.build();
}

const ANY = 0xffffffff;

export const carveoutEntry = (
  fields: { da?: number; len?: number; name?: string; reserved?: number; flags?: number } = {},
  endian: Endian = 'le',
): Uint8Array => {
  const { da = ANY, len = 0x1000, name = 'memory', reserved = 0, flags = 0 } = fields;
  return new Packer(endian).u32(0, da, 0, len, flags, reserved).name(name).build();
};

export const devmemEntry = (): Uint8Array => new Packer().u32(1, 0xa0000000, 0x1000, 0x1000, 3, 0).name('regs').build();

export const traceEntry = (
  fields: { da?: number; len?: number; name?: string; reserved?: number } = {},
  endian: Endian = 'le',
): Uint8Array => {
  const { da = 0x10003000, len = 0x400, name = 'log', reserved = 0 } = fields;
  return new Packer(endian).u32(2, da, len, reserved).name(name).build();
};

export const vdevEntry = (
  fields: {
    id?: number;
    rings?: readonly { da?: number; align?: number; num?: number }[];
    count?: number;
    configLength?: number;
    features?: number;
    reserved?: readonly [number, number];
  } = {},
  endian: Endian = 'le',
): Uint8Array => {
  const { id = 7, rings = [{}, {}], count = rings.length, configLength = 0 } = fields;
  const { features = 1, reserved = [0, 0] } = fields;
  const out = new Packer(endian).u32(3, id, 5, features, 0, configLength).put(1, 0, count, ...reserved);
  for (const { da = ANY, align = 4096, num = 16 } of rings) out.u32(da, align, num, 9, 0);
  return out.build();
};

export const otherEntry = (type: number): Uint8Array => new Packer().u32(type, 1, 2, 3).build();

export function buildTable(
  entries: readonly Uint8Array[],
  spoil: { version?: number; reserved?: number; number?: number; offsets?: readonly number[]; endian?: Endian } = {},
): Uint8Array {
  const { version = 1, reserved = 0, number = entries.length } = spoil;
  const starts: number[] = [];
  let at = 16 + 4 * entries.length;
  for (const entry of entries) {
    starts.push(at);
    at += entry.length;
  }
  const out = new Packer(spoil.endian).u32(version, number, reserved, 0).u32(...(spoil.offsets ?? starts));
  for (const entry of entries) out.raw(entry);
  return out.build();
}
