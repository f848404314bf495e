import type { Clock } from '../clock.js';
import { COUNT_BASE, COUNT_STOP } from './gic-shared.js';

const STOP = 1 << 28;

/** The GIC's counter: it follows the clock of the processor that looks, and can be stopped and set (CONFIG.COUNTSTOP). */
export class GicCounter {
  constructor(
    private readonly words: Int32Array,
    private readonly clockOf: (vp: number) => Clock,
  ) {}

  /** As it stands in CONFIG. */
  get stopBit(): number {
    return Atomics.load(this.words, COUNT_STOP) & STOP;
  }

  value(vp: number): bigint {
    const now = this.stopBit === 0 ? BigInt(this.clockOf(vp).ticks()) : 0n;
    return BigInt.asUintN(64, this.#base + now);
  }

  /** Low or high word, at offset 0 or 4. */
  word(vp: number, offset: number): number {
    if (offset !== 0 && offset !== 4) return 0;
    return Number(BigInt.asIntN(32, this.value(vp) >> BigInt(8 * offset)));
  }

  /** Writes CONFIG. */
  stop(vp: number, config: number): void {
    const before = this.stopBit;
    if ((config & STOP) === before) return;
    const value = this.value(vp);
    Atomics.store(this.words, COUNT_STOP, config & STOP);
    this.#base = before === 0 ? value : value - BigInt(this.clockOf(vp).ticks());
  }

  /** Writes a word of the counter, which is to stand still meanwhile. */
  set(vp: number, offset: number, word: number): void {
    const value = this.value(vp);
    const shift = BigInt(8 * offset);
    const kept = value & ~(0xffffffffn << shift);
    this.#base += (kept | (BigInt(word >>> 0) << shift)) - value;
  }

  /** Ticks of the clock when the counter will have a value; Infinity when it has passed it, or stands still. */
  whenIs(vp: number, value: bigint): number {
    const missing = value - this.value(vp);
    return this.stopBit !== 0 || missing <= 0n ? Infinity : this.clockOf(vp).ticks() + Number(missing);
  }

  /** What the counter is ahead of the clock, or where it stands. */
  get #base(): bigint {
    const word = (i: number): bigint => BigInt.asUintN(32, BigInt(Atomics.load(this.words, COUNT_BASE + i)));
    return (word(1) << 32n) | word(0);
  }

  set #base(value: bigint) {
    for (const i of [0, 1])
      Atomics.store(this.words, COUNT_BASE + i, Number(BigInt.asIntN(32, value >> BigInt(32 * i))));
  }
}
