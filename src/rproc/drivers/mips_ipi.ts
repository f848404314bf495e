import { Errno } from '../../kernel/index.js';

/** GIC shared interrupts of the machine. */
const SHARED = 256;
/** Linux counts the GIC's local interrupts first. */
const LOCAL = 7;

/** Linux's number of a shared interrupt, which is what firmware is told. */
export const linuxIrq = (shared: number): number => shared + LOCAL;

/**
 * Interrupts between processors: the last two for each CPU, which Linux has itself until it gives those of a CPU away
 * (docs/reference/mips-uhi.md 1.6).
 */
export class IpiPool {
  readonly #base: number;
  readonly #free = new Set<number>();

  constructor(private readonly cpus: number) {
    this.#base = SHARED - 2 * cpus;
  }

  /** Linux's own two of this CPU, call and reschedule. */
  #own(cpu: number): number[] {
    return [this.#base + cpu, this.#base + this.cpus + cpu];
  }

  /** Linux gives up its two of an offline CPU. */
  giveUp(cpu: number): void {
    for (const irq of this.#own(cpu)) this.#free.add(irq);
  }

  /** Linux takes them again; they must not be reserved by then. */
  takeBack(cpu: number): void {
    for (const irq of this.#own(cpu)) this.#free.delete(irq);
  }

  /** First fit. @throws Errno ENOMEM */
  reserve(): number {
    const irq = Math.min(...this.#free);
    if (!this.#free.delete(irq)) throw new Errno('ENOMEM');
    return irq;
  }

  release(irq: number): void {
    this.#free.add(irq);
  }
}
