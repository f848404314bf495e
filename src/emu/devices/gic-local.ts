import type { Clock } from '../clock.js';
import { MAX_CPUS } from '../hardware.js';
import { GIC_BYTES } from '../layout.js';
import type { GicCounter } from './gic-counter.js';
import { BLOCK_WORDS, L, LOCAL, LOCAL_RESET_MASK, MAPS, REGISTER, SHADOWS, WATCHDOG } from './gic-local-registers.js';
import { lineOf, LOCAL_BLOCKS, TO_NMI, TO_PIN } from './gic-shared.js';

const NEVER = 0;
/** Numbers of local interrupts. Out of reset the maps lead to pin 0, but the watchdog's to NMI. */
const [WATCHDOG_NUMBER, COMPARE, TIMER] = [0, 1, 2];

/** The processors' own interrupts: watchdog, compare, and the timer of CP0 where it comes this way. */
export class LocalInterrupts {
  /** The words once more, in pairs: times. */
  readonly #times: Float64Array;

  constructor(
    private readonly words: Int32Array,
    private readonly counter: GicCounter,
    private readonly clockOf: (vp: number) => Clock,
  ) {
    this.#times = new Float64Array(words.buffer, words.byteOffset, GIC_BYTES / 8);
  }

  reset(vp: number): void {
    this.words.fill(0, LOCAL_BLOCKS + vp * BLOCK_WORDS, LOCAL_BLOCKS + (vp + 1) * BLOCK_WORDS);
    this.#put(vp, L.mask, LOCAL_RESET_MASK);
    for (let map = 0; map < MAPS; map++) this.#put(vp, L.maps + map, map === WATCHDOG_NUMBER ? TO_NMI : TO_PIN);
    for (const word of [L.compareLow, L.compareHigh]) this.#put(vp, word, -1);
  }

  /** The lines that pending interrupts which are not masked drive (lineOf). */
  lines(vp: number, timer: boolean): number {
    const pending = this.#pending(vp, timer) & this.#get(vp, L.mask);
    let lines = 0;
    if (pending !== 0)
      for (let map = 0; map < MAPS; map++)
        if (((pending >>> map) & 1) === 1) lines |= lineOf(this.#get(vp, L.maps + map));
    return lines;
  }

  /** When a timer that is not masked will drive one of these lines, or resets: ticks of the processor's clock, or Infinity. */
  due(vp: number, lines: number): number {
    const now = this.clockOf(vp).ticks();
    const compare = this.#time(vp, L.compareDue);
    const watchdog = this.#time(vp, L.watchdogDue);
    const isWatchdogAwaited = this.#drives(vp, WATCHDOG_NUMBER, lines) || this.#type(vp) === WATCHDOG.secondCountdown;
    return Math.min(
      compare > now && this.#drives(vp, COMPARE, lines) ? compare : Infinity,
      watchdog > now && isWatchdogAwaited ? watchdog : Infinity,
    );
  }

  passesTimer(vp: number, lines: number): boolean {
    return this.#drives(vp, TIMER, lines);
  }

  watchdogReset(vp: number): boolean {
    if (this.#time(vp, L.watchdogDue) === NEVER) return false;
    this.#runWatchdog(vp);
    return (this.#get(vp, L.watchdogConfig) & WATCHDOG.reset) !== 0;
  }

  /** The counter has been set or stopped: other times for the compare registers. */
  rearm(): void {
    for (let vp = 0; vp < MAX_CPUS; vp++) if (this.#time(vp, L.compareDue) !== NEVER) this.#arm(vp);
  }

  read(offset: number, vp: number): number {
    if (offset >= REGISTER.maps && offset < REGISTER.maps + 4 * MAPS) return this.#get(vp, L.maps + mapAt(offset));
    if (offset >= REGISTER.shadow && offset < REGISTER.shadow + 4 * SHADOWS)
      return this.#get(vp, L.shadow + (offset - REGISTER.shadow) / 4);
    switch (offset) {
      case REGISTER.ctl:
        return this.#get(vp, L.ctl);
      case REGISTER.pend:
        return this.#pending(vp, false);
      case REGISTER.mask:
        return this.#get(vp, L.mask);
      case REGISTER.other:
        return this.#get(vp, L.other);
      case REGISTER.ident:
        return vp;
      case REGISTER.watchdogConfig:
        this.#runWatchdog(vp);
        return this.#get(vp, L.watchdogConfig);
      case REGISTER.watchdogCount:
        return this.#watchdogCount(vp);
      case REGISTER.watchdogInitial:
        return this.#get(vp, L.watchdogInitial);
      case REGISTER.compareLow:
        return this.#get(vp, L.compareLow);
      case REGISTER.compareHigh:
        return this.#get(vp, L.compareHigh);
      default:
        return 0;
    }
  }

  write(offset: number, value: number, vp: number): void {
    if (offset >= REGISTER.maps && offset < REGISTER.maps + 4 * MAPS) this.#put(vp, L.maps + mapAt(offset), value);
    else if (offset >= REGISTER.shadow && offset < REGISTER.shadow + 4 * SHADOWS)
      this.#put(vp, L.shadow + (offset - REGISTER.shadow) / 4, value);
    else this.#writeRegister(offset, value, vp);
  }

  #writeRegister(offset: number, value: number, vp: number): void {
    switch (offset) {
      case REGISTER.rmask:
        Atomics.and(this.words, index(vp, L.mask), ~value);
        return;
      case REGISTER.smask:
        Atomics.or(this.words, index(vp, L.mask), value & LOCAL.all);
        return;
      case REGISTER.other:
        this.#put(vp, L.other, value);
        return;
      case REGISTER.watchdogConfig:
        this.#writeWatchdog(vp, value);
        return;
      case REGISTER.watchdogInitial:
        this.#put(vp, L.watchdogInitial, value);
        return;
      case REGISTER.compareLow:
      case REGISTER.compareHigh:
        this.#put(vp, offset === REGISTER.compareLow ? L.compareLow : L.compareHigh, value);
        this.#arm(vp);
        return;
    }
  }

  /** Whether local interrupt `number` is not masked, and mapped to one of these lines. */
  #drives(vp: number, number: number, lines: number): boolean {
    return ((this.#get(vp, L.mask) >>> number) & 1) === 1 && (lineOf(this.#get(vp, L.maps + number)) & lines) !== 0;
  }

  #pending(vp: number, timer: boolean): number {
    const due = this.#time(vp, L.compareDue);
    const compare = due !== NEVER && this.clockOf(vp).ticks() >= due ? LOCAL.compare : 0;
    return compare | (timer ? LOCAL.timer : 0) | this.#watchdogPending(vp);
  }

  /** A write to COMPARE takes the interrupt back; it comes when the counter gets there. */
  #arm(vp: number): void {
    const word = (at: number): bigint => BigInt.asUintN(32, BigInt(this.#get(vp, at)));
    this.#setTime(vp, L.compareDue, this.counter.whenIs(vp, (word(L.compareHigh) << 32n) | word(L.compareLow)));
  }

  #watchdogPending(vp: number): number {
    if (this.#time(vp, L.watchdogDue) !== NEVER) this.#runWatchdog(vp);
    return (this.#get(vp, L.watchdogConfig) & WATCHDOG.interrupt) === 0 ? 0 : LOCAL.watchdog;
  }

  #type(vp: number): number {
    return (this.#get(vp, L.watchdogConfig) >>> WATCHDOG.typeShift) & WATCHDOG.typeMask;
  }

  /** Notes countdowns that have run out by now. */
  #runWatchdog(vp: number): void {
    const now = this.clockOf(vp).ticks();
    const due = this.#time(vp, L.watchdogDue);
    if (due === NEVER || now < due) return;
    const period = Math.max(1, this.#get(vp, L.watchdogInitial) >>> 0);
    const config = this.#get(vp, L.watchdogConfig);
    const type = this.#type(vp);
    const isSecond = type === WATCHDOG.secondCountdown && ((config & WATCHDOG.interrupt) !== 0 || now >= due + period);
    this.#put(vp, L.watchdogConfig, config | WATCHDOG.interrupt | (isSecond ? WATCHDOG.reset : 0));
    const ends = type === WATCHDOG.oneTrip || isSecond;
    this.#setTime(vp, L.watchdogDue, ends ? Infinity : due + period * (1 + Math.floor((now - due) / period)));
  }

  #watchdogCount(vp: number): number {
    this.#runWatchdog(vp);
    const due = this.#time(vp, L.watchdogDue);
    if (due === Infinity) return 0;
    return due === NEVER ? this.#get(vp, L.watchdogInitial) : (due - this.clockOf(vp).ticks()) | 0;
  }

  /** START loads the counter; without it the watchdog stands still. */
  #writeWatchdog(vp: number, value: number): void {
    this.#runWatchdog(vp);
    const status = this.#get(vp, L.watchdogConfig) & (WATCHDOG.interrupt | WATCHDOG.reset) & ~value;
    this.#put(vp, L.watchdogConfig, (value & WATCHDOG.writable) | status);
    const due = this.clockOf(vp).ticks() + Math.max(1, this.#get(vp, L.watchdogInitial) >>> 0);
    this.#setTime(vp, L.watchdogDue, (value & WATCHDOG.start) === 0 ? NEVER : due);
  }

  #time(vp: number, at: number): number {
    return this.#times[index(vp, at) / 2] ?? NEVER;
  }

  #setTime(vp: number, at: number, ticks: number): void {
    this.#times[index(vp, at) / 2] = ticks;
  }

  #get(vp: number, at: number): number {
    return Atomics.load(this.words, index(vp, at));
  }

  #put(vp: number, at: number, value: number): void {
    Atomics.store(this.words, index(vp, at), value);
  }
}

const index = (vp: number, at: number): number => LOCAL_BLOCKS + vp * BLOCK_WORDS + at;

/**
 * The registers of the maps lie in this order: watchdog, compare, timer, FDC, performance counter, software interrupts. The
 * maps are kept in the order of the bits of PEND.
 */
const MAP_ORDER = [0, 1, 2, 6, 3, 4, 5] as const;
const mapAt = (offset: number): number => MAP_ORDER[(offset - REGISTER.maps) / 4] ?? 0;
