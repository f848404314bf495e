/**
 * The Global Interrupt Controller (docs/reference/mips-uhi.md 3.5): registers in shared memory, so that every host thread
 * sees the same. Whoever changes an interrupt tells the processors concerned through `notify`; a core looks at `lines()`
 * between slices.
 */
import type { Clock } from '../clock.js';
import { MAX_CPUS } from '../hardware.js';
import { GIC_BYTES } from '../layout.js';
import { LocalInterrupts } from './gic-local.js';
import { REGISTER } from './gic-local-registers.js';
import {
  bitRegister,
  COUNT_BITS,
  DUAL,
  MAP_PIN,
  MAP_VP,
  MAP_VP_WORDS,
  mapRegister,
  MASK,
  PEND,
  lineOf,
  POLARITY,
  SHARED_INTERRUPTS,
  TO_PIN,
  TRIGGER,
  WORDS,
} from './gic-shared.js';
import { GicCounter } from './gic-counter.js';

export { NMI_LINE, SHARED_INTERRUPTS } from './gic-shared.js';

const REVISION = 0x0300;
const SECTION = { local: 0x8000, other: 0xc000, user: 0x10000 } as const;
const WEDGE = 0x280;
const COUNTER = 0x010;

export class Gic {
  readonly #words: Int32Array;
  readonly #counter: GicCounter;
  readonly #locals: LocalInterrupts;

  /** @param clockOf the clock of a processor. */
  constructor(
    memory: SharedArrayBuffer,
    offset: number,
    private readonly cpus: number,
    clockOf: (vp: number) => Clock,
    /** A processor's lines may have changed. */
    private readonly notify: (vp: number) => void,
  ) {
    this.#words = new Int32Array(memory, offset, GIC_BYTES / 4);
    this.#counter = new GicCounter(this.#words, clockOf);
    this.#locals = new LocalInterrupts(this.#words, this.#counter, clockOf);
  }

  reset(): void {
    this.#words.fill(0);
    this.#words.fill(TO_PIN, MAP_PIN, MAP_PIN + SHARED_INTERRUPTS);
    for (let vp = 0; vp < MAX_CPUS; vp++) this.#locals.reset(vp);
  }

  /** What a processor finds of its own section when it is given to a firmware. */
  resetLocal(vp: number): void {
    this.#locals.reset(vp);
  }

  /** What Linux does for an IPI: rising edge, to one processor's pin 0 (mips-uhi.md 1.6). */
  route(irq: number, vp: number): void {
    if (irq < 0 || irq >= SHARED_INTERRUPTS) throw new RangeError(`no shared interrupt ${irq}`);
    const bit = 1 << (irq & 31);
    const word = irq >>> 5;
    for (const register of [POLARITY, TRIGGER]) Atomics.or(this.#words, register + word, bit);
    Atomics.and(this.#words, DUAL + word, ~bit);
    Atomics.and(this.#words, PEND + word, ~bit);
    this.#put(MAP_PIN + irq, TO_PIN);
    for (let word = 0; word < MAP_VP_WORDS; word++)
      this.#put(MAP_VP + irq * MAP_VP_WORDS + word, vp >>> 5 === word ? 1 << (vp & 31) : 0);
    // Linux has a handler, so it unmasks its own; the firmware unmasks the other side's
    if (vp === 0) Atomics.or(this.#words, MASK + word, bit);
    else Atomics.and(this.#words, MASK + word, ~bit);
  }

  /** WEDGE: sets or clears the edge latch of an interrupt that has one. */
  wedge(value: number): void {
    const irq = value & 0xff;
    const bit = 1 << (irq & 31);
    const word = PEND + (irq >>> 5);
    if (value >= 0) Atomics.and(this.#words, word, ~bit);
    else if ((this.#get(TRIGGER + (irq >>> 5)) & bit) !== 0) Atomics.or(this.#words, word, bit);
    for (let vp = 0; vp < this.cpus; vp++) if (this.#isMappedTo(irq, vp)) this.notify(vp);
  }

  raise(irq: number): void {
    this.wedge(TO_PIN | irq);
  }

  /** Pending, unmasked interrupts mapped to processor 0, acknowledged by this call: Linux's interrupt entry. */
  takeForLinux(): number[] {
    const taken: number[] = [];
    for (let irq = 0; irq < SHARED_INTERRUPTS; irq++) {
      const bit = 1 << (irq & 31);
      const isActive = (this.#get(PEND + (irq >>> 5)) & this.#get(MASK + (irq >>> 5)) & bit) !== 0;
      if (!isActive || !this.#isMappedTo(irq, 0)) continue;
      if ((Atomics.and(this.#words, PEND + (irq >>> 5), ~bit) & bit) !== 0) taken.push(irq);
    }
    return taken;
  }

  /**
   * What the GIC drives on a processor: Cause.IP7…IP2 (as a mask of bits 15:10), and NMI_LINE.
   * @param timer the timer of CP0 comes through the GIC (CTL.TIMER_RTBL), and is pending.
   */
  lines(vp: number, timer = false): number {
    let lines = 0;
    for (let word = 0; word < WORDS; word++)
      for (let bits = this.#get(PEND + word) & this.#get(MASK + word); bits !== 0; bits &= bits - 1) {
        const irq = word * 32 + 31 - Math.clz32(bits & -bits);
        if (this.#isMappedTo(irq, vp)) lines |= lineOf(this.#get(MAP_PIN + irq));
      }
    return lines | this.#locals.lines(vp, timer);
  }

  /** The second countdown of a processor's watchdog has run out. */
  watchdogReset(vp: number): boolean {
    return this.#locals.watchdogReset(vp);
  }

  /** Whether the timer of CP0 drives one of these lines, should it come through the GIC. */
  passesTimer(vp: number, lines: number): boolean {
    return this.#locals.passesTimer(vp, lines);
  }

  /** When a timer of a processor will drive one of these lines, or reset it: ticks of its clock, or Infinity. */
  due(vp: number, lines = -1): number {
    return this.#locals.due(vp, lines);
  }

  /** A word read at `offset` from the GIC's base by processor `vp`. Unknown registers read 0. */
  read(offset: number, vp: number): number {
    if (offset >= SECTION.user) return this.#counter.word(vp, offset - SECTION.user);
    if (offset >= SECTION.other) return this.#locals.read(offset - SECTION.other, this.#other(vp));
    if (offset >= SECTION.local) return this.#locals.read(offset - SECTION.local, vp);
    if (offset === 0x000) return this.#counter.stopBit | (COUNT_BITS << 24) | ((WORDS * 4 - 1) << 16) | (this.cpus - 1);
    if (offset === COUNTER || offset === COUNTER + 4) return this.#counter.word(vp, offset - COUNTER);
    if (offset === 0x020) return REVISION;
    const bits = bitRegister(offset);
    if (bits !== undefined) return bits.write === 'set' || bits.write === 'clear' ? 0 : this.#get(bits.index);
    const map = mapRegister(offset);
    return map === undefined ? 0 : this.#get(map);
  }

  write(offset: number, value: number, vp: number): void {
    if (offset >= SECTION.user) return;
    if (offset >= SECTION.local) {
      const isOther = offset >= SECTION.other;
      const target = isOther ? this.#other(vp) : vp;
      this.#locals.write(offset - (isOther ? SECTION.other : SECTION.local), value, target);
      this.notify(target);
      return;
    }
    if (offset === WEDGE) {
      this.wedge(value | 0);
      return;
    }
    if (offset === 0x000) this.#counter.stop(vp, value);
    if (offset === COUNTER || offset === COUNTER + 4) this.#counter.set(vp, offset - COUNTER, value);
    if (offset < 0x020) this.#locals.rearm();
    this.#writeShared(offset, value);
    for (let each = 0; each < this.cpus; each++) this.notify(each);
  }

  #writeShared(offset: number, value: number): void {
    const bits = bitRegister(offset);
    if (bits?.write === 'set') Atomics.or(this.#words, bits.index, value);
    if (bits?.write === 'clear') Atomics.and(this.#words, bits.index, ~value);
    if (bits?.write === 'store') this.#put(bits.index, value);
    const map = mapRegister(offset);
    if (map !== undefined) this.#put(map, value);
  }

  /** The processor that another one's section shows. */
  #other(vp: number): number {
    return (this.#locals.read(REGISTER.other, vp) & 0xffff) % MAX_CPUS;
  }

  #isMappedTo(irq: number, vp: number): boolean {
    return ((this.#get(MAP_VP + irq * MAP_VP_WORDS + (vp >>> 5)) >>> (vp & 31)) & 1) === 1;
  }

  #get(index: number): number {
    return Atomics.load(this.#words, index);
  }

  #put(index: number, value: number): void {
    Atomics.store(this.#words, index, value);
  }
}
