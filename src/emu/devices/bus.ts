/**
 * What lies at physical addresses above RAM: the coherence manager, the interrupt controller, the power controller
 * (mips-uhi.md 3.4-3.6), where Linux leaves them. All registers are 32 bits wide.
 */
import type { Gic } from './gic.js';

export const GCR_BASE = 0x1fbf8000;
export const GIC_BASE = 0x1bdc0000;
export const CPC_BASE = 0x1bde0000;

interface Device {
  readonly base: number;
  readonly size: number;
  read(offset: number, vp: number): number;
  write(offset: number, value: number, vp: number): void;
}

const ENABLED = 1;
const CM2_REVISION = 0x0600;
const SEQUENCER_RUNNING = 7 << 19;

function coherenceManager(): Device {
  const blockOf = (offset: number, vp: number): number => {
    switch (offset & 0x1fff) {
      case 0x10:
        return 0; // one virtual processor a core
      case 0x28:
        return vp;
      default:
        return 0;
    }
  };
  const GLOBAL: ReadonlyMap<number, number> = new Map([
    [0x08, GCR_BASE],
    [0x20, 0xff],
    [0x30, CM2_REVISION],
    [0x80, GIC_BASE | ENABLED],
    [0x88, CPC_BASE | ENABLED],
    [0xd0, 1],
    [0xf0, 1],
    [0x130, 1 << 20],
  ]);
  return {
    base: GCR_BASE,
    size: 0x8000,
    read: (offset, vp) => (offset < 0x2000 ? (GLOBAL.get(offset) ?? 0) : blockOf(offset, vp)),
    // Linux has set it up; a firmware may not move the interrupt controller away from under it
    write: () => undefined,
  };
}

function powerController(): Device {
  return {
    base: CPC_BASE,
    size: 0x8000,
    read: (offset) => ((offset & 0x1fff) === 0x08 && offset >= 0x2000 ? SEQUENCER_RUNNING : 0),
    write: () => undefined,
  };
}

export class Bus {
  readonly #devices: readonly Device[];

  constructor(gic: Gic) {
    this.#devices = [
      coherenceManager(),
      powerController(),
      {
        base: GIC_BASE,
        size: 0x20000,
        read: (offset, vp) => gic.read(offset, vp),
        write: (offset, value, vp) => gic.write(offset, value, vp),
      },
    ];
  }

  has(pa: number): boolean {
    return this.#at(pa) !== undefined;
  }

  /** The 32-bit register that contains `pa`. */
  read(pa: number, vp: number): number {
    const device = this.#at(pa);
    return device === undefined ? 0 : device.read((pa - device.base) & ~3, vp);
  }

  write(pa: number, value: number, vp: number): void {
    const device = this.#at(pa);
    device?.write((pa - device.base) & ~3, value, vp);
  }

  #at(pa: number): Device | undefined {
    return this.#devices.find(({ base, size }) => pa >= base && pa < base + size);
  }
}
