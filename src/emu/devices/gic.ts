/**
 * The Global Interrupt Controller (mips-uhi.md 3.5): registers in shared memory, so that every host thread sees the same.
 * Whoever changes an interrupt tells the processors concerned through `notify`; a core looks at `lines()` between slices.
 */
import { HALF_A_TICK, TICKS_PER_MS, type Clock } from '../clock.js';
import { GIC_BYTES, MAX_CPUS } from '../layout.js';

export const SHARED_INTERRUPTS = 256;
const WORDS = SHARED_INTERRUPTS / 32;

/** Word indices in the shared block. */
const PEND = 0;
const MASK = PEND + WORDS;
const POLARITY = MASK + WORDS;
const TRIGGER = POLARITY + WORDS;
const DUAL = TRIGGER + WORDS;
const MAP_PIN = 64;
const MAP_VP = MAP_PIN + SHARED_INTERRUPTS;
const LOCAL = 1024;
const LOCAL_WORDS = 32;

/** Word offsets in a processor's local block. */
const L = {
  ctl: 0,
  mask: 1,
  wd: 2,
  compare: 3,
  timer: 4,
  fdc: 5,
  perf: 6,
  sw0: 7,
  sw1: 8,
  other: 9,
  compareLow: 10,
  compareHigh: 11,
  armed: 12,
} as const;

/** CONFIG.COUNTBITS: the counter has 32 + 4 * this many bits. */
const COUNT_BITS = 8;
const TO_PIN = 0x80000000 | 0;
const LOCAL_COMPARE = 1 << 1;
const LOCAL_RESET_MASK = 0x32;

/** Register offsets of the shared section that hold one bit an interrupt. RMASK and SMASK read 0. */
const BIT_REGISTERS: readonly {
  readonly at: number;
  readonly word: number;
  readonly write: 'set' | 'clear' | 'store' | 'none';
}[] = [
  { at: 0x100, word: POLARITY, write: 'store' },
  { at: 0x180, word: TRIGGER, write: 'store' },
  { at: 0x200, word: DUAL, write: 'store' },
  { at: 0x300, word: MASK, write: 'clear' },
  { at: 0x380, word: MASK, write: 'set' },
  { at: 0x400, word: MASK, write: 'none' },
  { at: 0x480, word: PEND, write: 'none' },
];

/** Local registers that are plain storage: offset in the section, word. */
const LOCAL_STORAGE: ReadonlyMap<number, number> = new Map([
  [0x40, L.wd],
  [0x44, L.compare],
  [0x48, L.timer],
  [0x4c, L.fdc],
  [0x50, L.perf],
  [0x54, L.sw0],
  [0x58, L.sw1],
  [0x80, L.other],
]);

export class Gic {
  readonly #words: Int32Array;

  constructor(
    memory: SharedArrayBuffer,
    offset: number,
    private readonly cpus: number,
    private readonly clock: Clock,
    /** A processor's lines may have changed. */
    private readonly notify: (vp: number) => void,
  ) {
    this.#words = new Int32Array(memory, offset, GIC_BYTES / 4);
  }

  reset(): void {
    this.#words.fill(0);
    this.#words.fill(TO_PIN, MAP_PIN, MAP_PIN + SHARED_INTERRUPTS);
    for (let vp = 0; vp < MAX_CPUS; vp++) {
      this.#put(this.#local(vp, L.mask), LOCAL_RESET_MASK);
      for (const map of [L.compare, L.timer, L.sw0, L.sw1]) this.#put(this.#local(vp, map), TO_PIN);
    }
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
    this.#mapTo(irq, vp);
    // Linux has a handler, so it unmasks its own; the firmware unmasks the other side's
    if (vp === 0) Atomics.or(this.#words, MASK + word, bit);
    else Atomics.and(this.#words, MASK + word, ~bit);
  }

  /** WEDGE: sets or clears the edge latch. */
  wedge(value: number): void {
    const irq = value & 0xff;
    const bit = 1 << (irq & 31);
    const word = PEND + (irq >>> 5);
    if (value < 0) Atomics.or(this.#words, word, bit);
    else Atomics.and(this.#words, word, ~bit);
    this.#changed(irq);
  }

  raise(irq: number): void {
    this.wedge(TO_PIN | irq);
  }

  /** Pending, unmasked interrupts mapped to processor 0, acknowledged by this call: Linux's interrupt entry. */
  takeForLinux(): number[] {
    const taken: number[] = [];
    for (const irq of this.#active(0)) {
      const bit = 1 << (irq & 31);
      const before = Atomics.and(this.#words, PEND + (irq >>> 5), ~bit);
      if ((before & bit) !== 0) taken.push(irq);
    }
    return taken;
  }

  /** Cause.IP7…IP2 bits (as a mask of bits 15:10) that the GIC drives on a processor. */
  lines(vp: number): number {
    let pins = 0;
    for (const irq of this.#active(vp)) pins |= pinBit(this.#get(MAP_PIN + irq));
    if ((this.#localPending(vp) & this.#get(this.#local(vp, L.mask)) & LOCAL_COMPARE) !== 0)
      pins |= pinBit(this.#get(this.#local(vp, L.compare)));
    return pins & 0xfc00;
  }

  /** When the compare timer of a processor will fire, in ms of the clock, or Infinity. */
  due(vp: number): number {
    if (this.#get(this.#local(vp, L.armed)) === 0) return Infinity;
    const compare = this.#compareValue(vp);
    return compare <= this.#counter() ? Infinity : (Number(compare) + HALF_A_TICK) / TICKS_PER_MS;
  }

  /** A word read at `offset` from the GIC's base by processor `vp`. Unknown registers read 0. */
  read(offset: number, vp: number): number {
    if (offset >= 0xc000 && offset < 0x10000) return this.#readLocal(offset - 0xc000, this.#other(vp));
    if (offset >= 0x8000 && offset < 0xc000) return this.#readLocal(offset - 0x8000, vp);
    if (offset >= 0x10000) return this.#counterWord(offset - 0x10000);
    if (offset === 0x000) return (COUNT_BITS << 24) | ((WORDS * 4 - 1) << 16) | (this.cpus - 1) | 0;
    if (offset === 0x010 || offset === 0x014) return this.#counterWord(offset - 0x010);
    if (offset === 0x020) return 0x0300;
    const bits = bitRegister(offset);
    if (bits !== undefined) return bits.write === 'set' || bits.write === 'clear' ? 0 : this.#get(bits.index);
    if (offset >= 0x500 && offset < 0x500 + SHARED_INTERRUPTS * 4) return this.#get(MAP_PIN + (offset - 0x500) / 4);
    const map = mapRegister(offset);
    return map === undefined ? 0 : this.#get(map.index);
  }

  write(offset: number, value: number, vp: number): void {
    if (offset >= 0xc000 && offset < 0x10000) return this.#writeLocal(offset - 0xc000, value, this.#other(vp));
    if (offset >= 0x8000 && offset < 0xc000) return this.#writeLocal(offset - 0x8000, value, vp);
    if (offset === 0x280) return this.wedge(value | 0);
    const bits = bitRegister(offset);
    if (bits !== undefined) {
      if (bits.write === 'set') Atomics.or(this.#words, bits.index, value);
      if (bits.write === 'clear') Atomics.and(this.#words, bits.index, ~value);
      if (bits.write === 'store') this.#put(bits.index, value);
      this.#everyoneChanged();
      return;
    }
    if (offset >= 0x500 && offset < 0x500 + SHARED_INTERRUPTS * 4) {
      this.#put(MAP_PIN + (offset - 0x500) / 4, value);
      this.#everyoneChanged();
      return;
    }
    const map = mapRegister(offset);
    if (map !== undefined) {
      this.#put(map.index, value);
      this.#everyoneChanged();
    }
  }

  #readLocal(offset: number, vp: number): number {
    const storage = LOCAL_STORAGE.get(offset);
    if (storage !== undefined) return this.#get(this.#local(vp, storage));
    switch (offset) {
      case 0x00:
        return this.#get(this.#local(vp, L.ctl));
      case 0x04:
        return this.#localPending(vp);
      case 0x08:
        return this.#get(this.#local(vp, L.mask));
      case 0x88:
        return vp;
      case 0xa0:
        return this.#get(this.#local(vp, L.compareLow));
      case 0xa4:
        return this.#get(this.#local(vp, L.compareHigh));
      default:
        return 0;
    }
  }

  #writeLocal(offset: number, value: number, vp: number): void {
    const storage = LOCAL_STORAGE.get(offset);
    if (storage !== undefined) this.#put(this.#local(vp, storage), value);
    if (offset === 0x0c) Atomics.and(this.#words, this.#local(vp, L.mask), ~value);
    if (offset === 0x10) Atomics.or(this.#words, this.#local(vp, L.mask), value);
    if (offset === 0xa0 || offset === 0xa4) {
      this.#put(this.#local(vp, offset === 0xa0 ? L.compareLow : L.compareHigh), value);
      this.#put(this.#local(vp, L.armed), this.#compareValue(vp) > this.#counter() ? 1 : 0);
    }
    this.notify(vp);
  }

  #localPending(vp: number): number {
    const fired = this.#get(this.#local(vp, L.armed)) !== 0 && this.#counter() >= this.#compareValue(vp);
    return fired ? LOCAL_COMPARE : 0;
  }

  #compareValue(vp: number): bigint {
    const low = BigInt.asUintN(32, BigInt(this.#get(this.#local(vp, L.compareLow))));
    return (BigInt.asUintN(32, BigInt(this.#get(this.#local(vp, L.compareHigh)))) << 32n) | low;
  }

  #counter(): bigint {
    return BigInt(Math.floor(this.clock.now() * TICKS_PER_MS));
  }

  #counterWord(offset: number): number {
    if (offset === 0) return Number(BigInt.asIntN(32, this.#counter()));
    return offset === 4 ? Number(BigInt.asIntN(32, this.#counter() >> 32n)) : 0;
  }

  #other(vp: number): number {
    return (this.#get(this.#local(vp, L.other)) & 0xffff) % MAX_CPUS;
  }

  *#active(vp: number): Generator<number> {
    for (let word = 0; word < WORDS; word++) {
      let bits = this.#get(PEND + word) & this.#get(MASK + word);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const irq = word * 32 + bit;
        if (this.#isMappedTo(irq, vp)) yield irq;
      }
    }
  }

  #isMappedTo(irq: number, vp: number): boolean {
    return ((this.#get(MAP_VP + irq * 2 + (vp >>> 5)) >>> (vp & 31)) & 1) === 1;
  }

  #mapTo(irq: number, vp: number): void {
    this.#put(MAP_VP + irq * 2, vp < 32 ? 1 << vp : 0);
    this.#put(MAP_VP + irq * 2 + 1, vp < 32 ? 0 : 1 << (vp - 32));
  }

  #changed(irq: number): void {
    for (let vp = 0; vp < this.cpus; vp++) if (this.#isMappedTo(irq, vp)) this.notify(vp);
  }

  #everyoneChanged(): void {
    for (let vp = 0; vp < this.cpus; vp++) this.notify(vp);
  }

  #local(vp: number, word: number): number {
    return LOCAL + vp * LOCAL_WORDS + word;
  }

  #get(index: number): number {
    return Atomics.load(this.#words, index);
  }

  #put(index: number, value: number): void {
    Atomics.store(this.#words, index, value);
  }
}

function pinBit(map: number): number {
  return (map & TO_PIN) !== 0 && (map & 0x3f) < 6 ? 1 << (10 + (map & 0x3f)) : 0;
}

function bitRegister(offset: number): { index: number; write: 'set' | 'clear' | 'store' | 'none' } | undefined {
  const found = BIT_REGISTERS.find(({ at }) => offset >= at && offset < at + WORDS * 4);
  return found && { index: found.word + (offset - found.at) / 4, write: found.write };
}

/** MAP_VP: 0x20 bytes an interrupt, of which the first two words are kept (64 processors). */
function mapRegister(offset: number): { index: number } | undefined {
  const within = offset - 0x2000;
  if (within < 0 || within >= SHARED_INTERRUPTS * 0x20 || (within & 0x1f) >= 8) return undefined;
  return { index: MAP_VP + (within >>> 5) * 2 + ((within & 0x1f) >>> 2) };
}
