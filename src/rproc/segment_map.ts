/** Which carveout of its own table takes each segment of an image (kernel-abi.md 4.2, 5.3). */
import type { Endian } from '../emu/hardware.js';
import { ElfImage, PT_LOAD } from './elf.js';
import { ANY_ADDRESS, entryOffsets, FIELD, RESOURCE, TableView } from './resource_table.js';

export interface SegmentPlace {
  /** Device address. */
  readonly address: bigint;
  /** Bytes in memory. */
  readonly size: bigint;
  /** Name of the carveout that takes all of it; undefined when none does. */
  readonly carveout: string | undefined;
}

interface Range {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
}

const MOST_SEGMENTS = 64;

export function segmentMap(bytes: Uint8Array, endian: Endian): SegmentPlace[] {
  const image = new ElfImage(bytes, endian);
  const carveouts = carveoutsOf(image, endian);
  const places: SegmentPlace[] = [];
  for (const { type, paddr: address, memsz: size } of image.programHeaders()) {
    if (type !== BigInt(PT_LOAD) || size === 0n) continue;
    if (places.length === MOST_SEGMENTS) break;
    const carveout = carveouts.find(({ start, end }) => start <= address && address + size <= end)?.name;
    places.push({ address, size, carveout });
  }
  return places;
}

function carveoutsOf(image: ElfImage, endian: Endian): Range[] {
  const section = image.findSection('.resource_table');
  if (section === undefined || section.offset + section.size > image.size) return [];
  const table = new TableView(image.slice(section.offset, section.size), endian);
  return entryOffsets(table).flatMap((offset) => {
    if (table.u32(offset) !== RESOURCE.carveout) return [];
    const entry = table.from(offset + 4);
    const da = entry.u32(FIELD.carveout.da);
    if (da === ANY_ADDRESS) return [];
    const start = BigInt(da);
    return [{ name: entry.name(FIELD.carveout.name), start, end: start + BigInt(entry.u32(FIELD.carveout.len)) }];
  });
}
