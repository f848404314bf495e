/** A fixture, spoiled in one place: fields of its headers, or another resource table. */
import { readFileSync } from 'node:fs';
import type { Endian } from '../../src/emu/hardware.js';
import { fixture } from './fixtures.js';

/** Offset and width of the fields of an ELF32 image, in bytes (System V ABI, chapter 4). */
const HEADER = {
  type: [16, 2],
  machine: [18, 2],
  entry: [24, 4],
  phoff: [28, 4],
  shoff: [32, 4],
  phnum: [44, 2],
} as const;
const MORE_HEADER = { shnum: [48, 2], shstrndx: [50, 2] } as const;
const FIELDS = { ...HEADER, ...MORE_HEADER };
const SEGMENT = { type: [0, 4], offset: [4, 4], paddr: [12, 4], filesz: [16, 4], memsz: [20, 4] } as const;
const SECTION = { name: [0, 4], addr: [12, 4], offset: [16, 4], size: [20, 4] } as const;
const [SEGMENT_SIZE, SECTION_SIZE] = [32, 40];

type Field = readonly [offset: number, width: number];

export class PatchedElf {
  bytes: Uint8Array;

  constructor(
    name: string,
    private readonly endian: Endian = 'le',
  ) {
    this.bytes = Uint8Array.from(readFileSync(fixture(endian, name)));
  }

  header(field: keyof typeof FIELDS, value: number): this {
    return this.#set(0, FIELDS[field], value);
  }

  segment(index: number, field: keyof typeof SEGMENT, value: number): this {
    return this.#set(this.#get(0, FIELDS.phoff) + SEGMENT_SIZE * index, SEGMENT[field], value);
  }

  /** Of the section that holds the resource table. */
  table(field: keyof typeof SECTION, value: number): this {
    return this.#set(this.#tableSection(), SECTION[field], value);
  }

  /** Another table, at the end of the file, and at no address: the firmware runs, and Linux keeps a copy. */
  withTable(table: Uint8Array): this {
    const end = this.bytes.length;
    this.bytes = Uint8Array.of(...this.bytes, ...table);
    return this.table('offset', end).table('size', table.length).table('addr', 0);
  }

  byte(offset: number, value: number): this {
    this.bytes[offset] = value;
    return this;
  }

  cut(length: number): this {
    this.bytes = this.bytes.slice(0, length);
    return this;
  }

  #tableSection(): number {
    const at = (index: number) => this.#get(0, FIELDS.shoff) + SECTION_SIZE * index;
    const names = this.#get(at(this.#get(0, FIELDS.shstrndx)), SECTION.offset);
    const wanted = Buffer.from('.resource_table\0');
    for (let index = 0; index < this.#get(0, FIELDS.shnum); index++) {
      const name = names + this.#get(at(index), SECTION.name);
      if (wanted.equals(this.bytes.subarray(name, name + wanted.length))) return at(index);
    }
    throw new Error('no resource table');
  }

  #view(): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset);
  }

  #get(base: number, [offset, width]: Field): number {
    const view = this.#view();
    const little = this.endian === 'le';
    return width === 2 ? view.getUint16(base + offset, little) : view.getUint32(base + offset, little);
  }

  #set(base: number, [offset, width]: Field, value: number): this {
    const little = this.endian === 'le';
    if (width === 2) this.#view().setUint16(base + offset, value, little);
    else this.#view().setUint32(base + offset, value, little);
    return this;
  }
}
