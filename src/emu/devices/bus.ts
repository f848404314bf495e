/** What lies at physical addresses above RAM, where Linux leaves it (docs/reference/mips-uhi.md 3.4-3.6). */
import { GIC_BASE } from './addresses.js';
import { CoherenceManager, type Generation } from './coherence-manager.js';
import type { Device } from './device.js';
import type { Gic } from './gic.js';
import { PowerController, type PowerRequest } from './power-controller.js';

export { CPC_BASE, GCR_BASE, GIC_BASE } from './addresses.js';

const GIC_SIZE = 0x20000;

export interface BusOptions {
  readonly cpus: number;
  readonly coherenceManager: Generation;
  /** A processor asks to be switched off, or reset. */
  readonly power: (vp: number, what: PowerRequest) => void;
}

const isIn = ({ base, size }: Device, pa: number): boolean => pa >= base && pa - base < size;

export class Bus {
  readonly #devices: readonly Device[];
  /** What was accessed last. */
  #last: Device | undefined;

  constructor(gic: Gic, { cpus, coherenceManager, power }: BusOptions) {
    this.#devices = [
      {
        base: GIC_BASE,
        size: GIC_SIZE,
        read: (offset, vp) => gic.read(offset, vp),
        write: (offset, value, vp) => gic.write(offset, value, vp),
      },
      new CoherenceManager(coherenceManager, cpus),
      new PowerController(power),
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
    const last = this.#last;
    if (last !== undefined && isIn(last, pa)) return last;
    return (this.#last = this.#devices.find((device) => isIn(device, pa)));
  }
}
