import type { Endian } from '../emu/hardware.js';
import { bytesOf, cString, hex, signed } from './text.js';

/** Length of a table header, before its offsets (kernel-abi.md 5.1). */
export const TABLE_HEADER_LENGTH = 16;
export const RESOURCE = { carveout: 0, devmem: 1, trace: 2, vdev: 3 } as const;
export const VENDOR = { first: 128, last: 512 } as const;
/** FW_RSC_ADDR_ANY */
export const ANY_ADDRESS = 0xffff_ffff;
export const VRING_SIZE = 20;

/** Payload offsets of the fields, by resource type; each is a u32 unless said otherwise (kernel-abi.md 5.1). */
export const FIELD = {
  carveout: { da: 0, pa: 4, len: 8, flags: 12, reserved: 16, name: 20, size: 52 },
  trace: { da: 0, len: 4, reserved: 8, name: 12, size: 44 },
  /** `status`, `vrings` (their number) and the two bytes of `reserved` are bytes. */
  vdev: {
    id: 0,
    notifyid: 4,
    dfeatures: 8,
    gfeatures: 12,
    configLen: 16,
    status: 20,
    vrings: 21,
    reserved: 22,
    size: 24,
  },
  vring: { da: 0, align: 4, num: 8, notifyid: 12, pa: 16 },
} as const;
const NAME_LENGTH = 32;

/**
 * Bytes that a firmware may change while they are read: a table, or an entry's payload. Reads outside give zero, writes
 * outside are dropped, so that no offset found in the bytes themselves can lead astray.
 */
export class TableView {
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(
    readonly bytes: Uint8Array,
    private readonly endian: Endian,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = endian === 'le';
  }

  get length(): number {
    return this.bytes.length;
  }

  u32(offset: number): number {
    return this.#holds(offset, 4) ? this.#view.getUint32(offset, this.#little) : 0;
  }

  u8(offset: number): number {
    return this.bytes[offset] ?? 0;
  }

  setU32(offset: number, value: number): void {
    if (this.#holds(offset, 4)) this.#view.setUint32(offset, value, this.#little);
  }

  setU8(offset: number, value: number): void {
    if (this.#holds(offset, 1)) this.#view.setUint8(offset, value);
  }

  /** A C string that may run on to the end of the table, as printf shows it. */
  string(offset: number): string {
    return cString(this.bytes.subarray(offset));
  }

  /** A name field: at most 32 bytes. */
  name(offset: number): string {
    return cString(this.bytes.subarray(offset, offset + NAME_LENGTH));
  }

  from(offset: number): TableView {
    return new TableView(this.bytes.subarray(offset), this.endian);
  }

  #holds(offset: number, width: number): boolean {
    return offset >= 0 && offset + width <= this.bytes.length;
  }
}

export function readTableHeader(bytes: Uint8Array, endian: Endian) {
  const table = new TableView(bytes, endian);
  return { version: table.u32(0), number: table.u32(4), reserved: [table.u32(8), table.u32(12)] };
}

/** Offsets of the entries; never more than the table has room for, whatever its live header says. */
export function entryOffsets(table: TableView): number[] {
  const room = Math.max(0, Math.floor((table.length - TABLE_HEADER_LENGTH) / 4));
  return Array.from({ length: Math.min(table.u32(4), room) }, (_, index) => table.u32(TABLE_HEADER_LENGTH + 4 * index));
}

const vringOffset = (index: number): number => FIELD.vdev.size + VRING_SIZE * index;
export const vringView = (vdev: TableView, index: number): TableView => vdev.from(vringOffset(index));

/** Bytes of a split ring (kernel-abi.md 5.3): descriptors and available ring, aligned by masking, then the used ring. */
export function vringSize(num: number, align: number): number {
  const [count, mask] = [BigInt(num), BigInt(align) - 1n];
  return Number(BigInt.asUintN(64, ((18n * count + 6n + mask) & ~mask) + 6n + 8n * count));
}

/** A table of nothing but traces. */
export function encodeTraceTable(
  traces: readonly { readonly name: string; readonly da: number; readonly size: number }[],
  endian: Endian,
): Uint8Array {
  const first = TABLE_HEADER_LENGTH + 4 * traces.length;
  const entrySize = 4 + FIELD.trace.size;
  const table = new TableView(new Uint8Array(first + entrySize * traces.length), endian);
  table.setU32(0, 1);
  table.setU32(4, traces.length);
  for (const [index, { name, da, size }] of traces.entries()) {
    const offset = first + entrySize * index;
    table.setU32(TABLE_HEADER_LENGTH + 4 * index, offset);
    table.setU32(offset, RESOURCE.trace);
    const entry = table.from(offset + 4);
    entry.setU32(FIELD.trace.da, da);
    entry.setU32(FIELD.trace.len, size);
    entry.bytes.set(bytesOf(name).subarray(0, NAME_LENGTH - 1), FIELD.trace.name);
  }
  return table.bytes;
}

const memoryLines =
  (kind: string) =>
  (index: number, entry: TableView): string =>
    [
      `Entry ${index} is of type ${kind}`,
      `  Device Address ${hex(entry.u32(FIELD.carveout.da))}`,
      `  Physical Address ${hex(entry.u32(FIELD.carveout.pa))}`,
      `  Length ${hex(entry.u32(FIELD.carveout.len))} Bytes`,
      `  Flags ${hex(entry.u32(FIELD.carveout.flags))}`,
      `  Reserved (should be zero) [${signed(entry.u32(FIELD.carveout.reserved))}]`,
      `  Name ${entry.string(FIELD.carveout.name)}`,
      '',
      '',
    ].join('\n');

const traceLines = (index: number, entry: TableView): string =>
  [
    `Entry ${index} is of type trace`,
    `  Device Address ${hex(entry.u32(FIELD.trace.da))}`,
    `  Length ${hex(entry.u32(FIELD.trace.len))} Bytes`,
    `  Reserved (should be zero) [${signed(entry.u32(FIELD.trace.reserved))}]`,
    `  Name ${entry.string(FIELD.trace.name)}`,
    '',
    '',
  ].join('\n');

const vringLines = (index: number, vring: TableView): string =>
  [
    `  Vring ${index}`,
    `    Device Address ${hex(vring.u32(FIELD.vring.da))}`,
    `    Alignment ${signed(vring.u32(FIELD.vring.align))}`,
    `    Number of buffers ${signed(vring.u32(FIELD.vring.num))}`,
    `    Notify ID ${signed(vring.u32(FIELD.vring.notifyid))}`,
    `    Physical Address ${hex(vring.u32(FIELD.vring.pa))}`,
    '',
    '',
  ].join('\n');

const vdevLines = (index: number, entry: TableView): string =>
  [
    `Entry ${index} is of type vdev`,
    `  ID ${signed(entry.u32(FIELD.vdev.id))}`,
    `  Notify ID ${signed(entry.u32(FIELD.vdev.notifyid))}`,
    `  Device features ${hex(entry.u32(FIELD.vdev.dfeatures))}`,
    `  Guest features ${hex(entry.u32(FIELD.vdev.gfeatures))}`,
    `  Config length ${hex(entry.u32(FIELD.vdev.configLen))}`,
    `  Status ${hex(entry.u8(FIELD.vdev.status))}`,
    `  Number of vrings ${entry.u8(FIELD.vdev.vrings)}`,
    `  Reserved (should be zero) [${entry.u8(FIELD.vdev.reserved)}][${entry.u8(FIELD.vdev.reserved + 1)}]`,
    '',
    '',
  ].join('\n') +
  Array.from({ length: entry.u8(FIELD.vdev.vrings) }, (_, ring) => vringLines(ring, vringView(entry, ring))).join('');

const LINES = new Map<number, (index: number, entry: TableView) => string>([
  [RESOURCE.carveout, memoryLines('carveout')],
  [RESOURCE.devmem, memoryLines('devmem')],
  [RESOURCE.trace, traceLines],
  [RESOURCE.vdev, vdevLines],
]);

/** debugfs `resource_table` (kernel-abi.md 2); `pointer` prints a hashed kernel address for an offset into the table. */
export function tableText(table: TableView, pointer: (offset: number) => string): string {
  return entryOffsets(table)
    .map((offset, index) => {
      const type = table.u32(offset);
      const lines = LINES.get(type);
      return (
        lines?.(index, table.from(offset + 4)) ??
        `Unknown resource type found: ${signed(type)} [hdr: ${pointer(offset)}]\n`
      );
    })
    .join('');
}
