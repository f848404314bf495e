import { createHash, randomBytes } from 'node:crypto';
import { Errno, type DeviceLog } from '../kernel/index.js';
import type { Translate } from './elf_loader.js';
import type { Block, CoherentMemory, Placement } from './memory.js';
import { ANY_ADDRESS, FIELD, type TableView } from './resource_table.js';
import { bytesOf, hex } from './text.js';

/** Memory of a remote processor: asked for by the firmware's table, by a vring, or registered by the platform. */
export interface Carveout {
  readonly name: string;
  readonly length: number;
  /** Device address; ANY_ADDRESS until the allocation decides it. */
  da: number;
  /** DMA address, which is the physical address. */
  dma: number;
  /** The memory, once there is some. */
  va: Uint8Array | undefined;
  /** Where in the table the entry's payload stands that is patched after the allocation. */
  resourceOffset?: number;
  /** Finds memory, sets `va` and `dma`, and `da` if it was ANY_ADDRESS. Nothing: the platform did. @throws Errno */
  allocate?(): void;
  release?(): void;
}

/** The longest name that is kept, and compared. */
const LONGEST_NAME = 31;

/** A name from a table is printf's format to the kernel: `%%` is a percent sign. Conversions are left as they stand. */
export const carveoutName = (format: string): string => format.replaceAll('%%', '%').slice(0, LONGEST_NAME);

/** Memory that a platform owns and lends: fixed address, nothing to allocate. */
export const platformCarveout = (name: string, da: number, dma: number, va: Uint8Array): Carveout => ({
  name,
  length: va.length,
  da,
  dma,
  va: undefined,
  allocate() {
    this.va = va;
  },
});

/** A carveout out of the platform's coherent memory (kernel-abi.md 5.3). `log` is the parent device's. */
export function coherentCarveout(
  name: string,
  length: number,
  da: number,
  memory: CoherentMemory,
  placement: (carveout: Carveout) => Placement,
  log: DeviceLog,
): Carveout {
  let block: Block | undefined;
  return {
    name,
    length,
    da,
    dma: 0,
    va: undefined,
    allocate() {
      try {
        block = memory.allocate(length, placement(this));
      } catch (error) {
        if (error instanceof Errno) log.err(`failed to allocate dma memory: len ${hex(length)}`);
        throw error;
      }
      this.dma = block.address;
      this.va = block.bytes.subarray(0, length);
      if (this.da === ANY_ADDRESS) this.da = block.address;
      else if (this.da !== block.address) log.warn("Allocated carveout doesn't fit device address request");
    },
    release() {
      if (block === undefined) return;
      memory.free(block);
      block = undefined;
      this.va = undefined;
    },
  };
}

/**
 * Whether a table entry may use a carveout that is registered already (kernel-abi.md 5.3).
 *
 * @throws Errno ENOMEM after its message, if it has one.
 */
export function checkFit(carveout: Carveout, da: number, length: number, log: DeviceLog): void {
  const refuse = (what?: 'len' | 'da'): never => {
    if (what !== undefined) log.err(`Registered carveout doesn't fit ${what} request`);
    throw new Errno('ENOMEM');
  };
  if (length > carveout.length) refuse('len');
  if (da === ANY_ADDRESS) return;
  if (carveout.da === ANY_ADDRESS) refuse();
  const delta = (da - carveout.da) | 0;
  if (delta < 0) refuse('da');
  if (delta + length > carveout.length) refuse('len');
}

/** The first allocated carveout that holds all of it; the difference of addresses is a signed 32-bit number (kernel-abi.md 4.2). */
export const translateIn =
  (carveouts: readonly Carveout[]): Translate =>
  (da, length) => {
    for (const { va, da: base } of carveouts) {
      if (va === undefined) continue;
      const offset = BigInt.asIntN(32, da - BigInt(base));
      if (offset >= 0n && offset + length <= BigInt(va.length))
        return va.subarray(Number(offset), Number(offset + length));
    }
    return undefined;
  };

/** Tells the firmware where its carveout is. */
export function patchEntry(table: TableView, offset: number, { da, dma, length }: Carveout): void {
  table.setU32(offset + FIELD.carveout.pa, dma);
  table.setU32(offset + FIELD.carveout.da, da);
  table.setU32(offset + FIELD.carveout.len, length);
}

const secret = randomBytes(16);

/** A kernel address as %pK shows it: hashed, 16 digits; nothing is all zeros. */
export function hashedPointer(address: number | undefined): string {
  if (address === undefined) return '0'.repeat(16);
  return createHash('sha256').update(secret).update(String(address)).digest('hex').slice(0, 8).padStart(16, '0');
}

/** debugfs `carveout_memories` (kernel-abi.md 2). */
export const carveoutText = (carveouts: readonly Carveout[]): Uint8Array =>
  bytesOf(
    carveouts
      .map(
        ({ name, va, dma, da, length }) =>
          'Carveout memory entry:\n' +
          `\tName: ${name}\n` +
          `\tVirtual address: ${hashedPointer(va && dma)}\n` +
          `\tDMA address: 0x${dma.toString(16).padStart(16, '0')}\n` +
          `\tDevice address: ${hex(da)}\n` +
          `\tLength: ${hex(length)} Bytes\n\n`,
      )
      .join(''),
  );

/** One line about a carveout. */
export const carveoutSummary = ({ name, da, dma, length }: Carveout): string =>
  `${name === '' ? '(no name)' : name}: device address ${hex(da)}, physical address ${hex(dma)}, ${hex(length)} bytes`;
