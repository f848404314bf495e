/**
 * Random straight-line programs for comparing two implementations: every instruction of the table that a user program can
 * execute without an exception, on edge values, with forward branches. The same image runs as a Linux program under
 * qemu-user and on a core.
 *
 *     CODE          sets all registers, the random part, stores all registers; then write(1, …) and exit(0)
 *     BLOCK         constants (read only by convention), scratch, the dump
 */
import type { Endian } from '../../src/emu/hardware.js';
import type { FieldName } from '../../src/emu/isa/encoding.js';
import { instructions, MIPS32R2, type Instruction } from '../../src/emu/isa/index.js';
import { asm, li, nop } from './core-bench.js';

export const CODE = 0x400000;
export const BLOCK = 0x410000;
const CONSTANTS_BYTES = 1024;
export const SCRATCH = CONSTANTS_BYTES;
const SCRATCH_BYTES = 1024;
const DUMP = SCRATCH + SCRATCH_BYTES;
const DUMP_WORDS = 35;
const FPR_DUMP = DUMP + DUMP_WORDS * 4 + 4;
/** Bytes of the block that are compared: from SCRATCH to the end of the dump. */
export const RESULT_BYTES = FPR_DUMP + 32 * 8 - SCRATCH;
export const IMAGE_BYTES = BLOCK - CODE + 4096;

/** $k0 holds the address of the block, $k1 is for sequences; both are never results. */
const K0 = 26;
const K1 = 27;
const RESULTS = Array.from({ length: 32 }, (_, i) => i).filter((i) => i !== K0 && i !== K1);

/** Branches go over at most this many words, so a program that is cut short needs as many NOPs behind it. */
const FARTHEST = 8;

/** xorshift32: a program is made from its seed alone. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) | 1;
    for (let i = 0; i < 8; i++) this.word();
  }
  word(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }
  below(limit: number): number {
    return this.word() % limit;
  }
  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }
}

const EDGES = [
  ...[0, 1, 2, 3, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7ffffffe, 0x7fffffff],
  ...[0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0xffff8000, 0xffffff80, 0x55555555, 0xaaaaaaaa],
];
const integer = (random: Random): number => (random.below(3) === 0 ? random.word() : random.pick(EDGES));

const SINGLES = [
  ...[0, 0x80000000, 0x3f800000, 0xbf800000, 0x40000000, 0x3f000000, 0x3eaaaaab, 0x40490fdb, 0x3f7fffff, 0x3f800001],
  ...[0x4b7fffff, 0x4b800001, 0x4effffff, 0x4f000000, 0xcf000000, 0x5effffff, 0x5f000000, 0xdf000000, 0x7f7fffff],
  ...[0xff7fffff, 0x00800000, 0x007fffff, 1, 0x80000001, 0x7f800000, 0xff800000, 0x7fbfffff, 0x7f80dead, 0xffc00001],
];
const DOUBLES = [
  ...[0n, 1n << 63n, 0x3ff0000000000000n, 0xbff0000000000000n, 0x4000000000000000n, 0x3fd5555555555555n],
  ...[0x400921fb54442d18n, 0x3fefffffffffffffn, 0x3ff0000000000001n, 0x433fffffffffffffn, 0x4340000000000001n],
  ...[0x41dfffffffc00000n, 0x41dfffffffe00000n, 0xc1e0000000000000n, 0x43dfffffffffffffn, 0x43e0000000000000n],
  ...[0xc3e0000000000000n, 0x7fefffffffffffffn, 0x47efffffe0000000n, 0x47effffff0000000n, 0x0010000000000000n],
  ...[0x000fffffffffffffn, 1n, 0x36a0000000000001n, 0x3690000000000000n, 0x3810000000000000n, 0x380fffffe0000000n],
  ...[0x7ff0000000000000n, 0xfff0000000000000n, 0x7ff7ffffffffffffn, 0x7ff0dead00000000n, 0xfff8000000000001n],
];

/** A 64-bit constant: a double, two singles, two integers, or a number near 1 of either format. */
function constant(random: Random): bigint {
  const pair = (high: number, low: number) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  switch (random.below(5)) {
    case 0:
      return random.pick(DOUBLES);
    case 1:
      return pair(random.pick(SINGLES), random.pick(SINGLES));
    case 2:
      return pair(integer(random), integer(random));
    case 3:
      return pair(0x3f000000 + (random.word() & 0x81ffffff), 0x3f000000 + (random.word() & 0x81ffffff));
    default:
      return pair(0x3fd00000 + (random.word() & 0x803fffff), random.word());
  }
}

/** What would raise an exception, or shows what differs between machines; or has a sequence of its own below. */
const EXCLUDED =
  /^(t(ge|lt|eq|ne|gei|lti|eqi|nei)u?|tge?iu|add|addi|sub|syscall|break|sdbbp|rdhwr|mfc0|mtc0|rdpgpr|wrpgpr|di|ei|dvpe|evpe|dmt|emt|tlb.*|eret|wait|cache|ll|sc|cfc1|ctc1|bc1.*|b.*|j.*)$/;
const BRANCHES =
  /^(beq|bne|blez|bgtz|bltz|bgez|bltzal|bgezal|beql|bnel|blezl|bgtzl|bltzl|bgezl|bltzall|bgezall|bc1.*)$/;
/** Operands that FR = 0 has no registers for, or that are unpredictable there. */
const NEEDS_FR = /\.l\.|\.l$|^[ls]uxc1$/;
const DOUBLE = /\.d|\.l|^([ls]d.?c1|[ls]uxc1|m[ft]hc1)/;

const REGISTER_FIELDS: readonly FieldName[] = ['rs', 'rt', 'rd'];
const FPR_FIELDS: readonly FieldName[] = ['fs', 'ft', 'fd', 'fr'];
const FREE_FIELDS: readonly FieldName[] = ['sa', 'imm', 'cc', 'stype'];
const HINT_LOAD = 0;

export interface Program {
  readonly endian: Endian;
  readonly fr: boolean;
  /** The whole image, from CODE. */
  readonly image: Uint8Array;
  /** Words of the random part. */
  readonly body: readonly number[];
  /** Address of the body. */
  readonly start: number;
}

const ROWS = instructions(MIPS32R2);
const hasField = (row: Instruction, name: FieldName): boolean => row.fieldNames.has(name);

class Generator {
  readonly #plain: readonly Instruction[];
  readonly #branches: readonly Instruction[];
  readonly words: number[] = [];
  /** Where instructions and sequences begin: branches go there only. */
  readonly #starts = new Set<number>();
  /** Fills in branches, once their targets are known. */
  readonly #open: (() => void)[] = [];

  constructor(
    private readonly random: Random,
    private readonly fr: boolean,
    private readonly start: number,
  ) {
    const usable = ROWS.filter(({ name }) => fr || !NEEDS_FR.test(name));
    this.#plain = usable.filter(({ name }) => !EXCLUDED.test(name));
    this.#branches = usable.filter(({ name }) => BRANCHES.test(name));
  }

  body(length: number): readonly number[] {
    while (this.words.length < length) {
      this.#starts.add(this.words.length);
      const kind = this.random.below(40);
      if (kind < 4) this.branch();
      else if (kind === 4) this.jump();
      else if (kind === 5) this.linked();
      else if (kind === 6) this.floatControl();
      else if (kind === 7) this.words.push(...li(this.random.pick(RESULTS), integer(this.random)));
      else if (kind < 12) this.words.push(this.loadConstant());
      else this.words.push(...this.plain());
    }
    for (const fill of this.#open) fill();
    return this.words;
  }

  /** The first start at or after a word. */
  private landing(at: number): number {
    while (at < this.words.length && !this.#starts.has(at)) at++;
    return at;
  }

  /** One instruction without a sequence: also good for a delay slot. */
  private single(): number {
    for (;;) {
      const words = this.plain();
      const [word] = words;
      if (words.length === 1 && word !== undefined) return word;
    }
  }

  private plain(): number[] {
    const { random } = this;
    const row = random.pick(this.#plain);
    const fields: Record<string, number> = {};
    const has = (name: FieldName): boolean => row.operands !== '' && hasField(row, name);
    const prefix: number[] = [];
    for (const name of REGISTER_FIELDS.filter(has)) fields[name] = random.pick(RESULTS);
    for (const name of FPR_FIELDS.filter(has)) fields[name] = this.fpr(row.name);
    for (const name of FREE_FIELDS.filter(has)) fields[name] = random.word();
    if (has('msb')) {
      const lsb = random.below(32);
      const size = 1 + random.below(32 - lsb);
      Object.assign(fields, { lsb, msb: row.name === 'ext' ? size - 1 : lsb + size - 1 });
    }
    if (has('op')) fields['op'] = HINT_LOAD;
    if (has('base')) {
      fields['base'] = K0;
      const width = accessWidth(row.name);
      const offset = SCRATCH + random.below(SCRATCH_BYTES / width) * width;
      if (has('index')) {
        prefix.push(asm('addiu', { rt: K1, imm: offset }));
        fields['index'] = K1;
      } else fields['offset'] = offset;
    }
    if (row.name === 'clz' || row.name === 'clo') return [asm(row.name, fields) | ((fields['rd'] ?? 0) << 16)];
    return [...prefix, asm(row.name, fields)];
  }

  /** A double needs an even register when FR = 0; what stands between registers and memory counts as one. */
  private fpr(instruction: string): number {
    return this.random.below(32) & ~(!this.fr && DOUBLE.test(instruction) ? 1 : 0);
  }

  private loadConstant(): number {
    const { random } = this;
    const [name, width] = random.pick([
      ['ldc1', 8],
      ['ldc1', 8],
      ['lwc1', 4],
      ['lw', 4],
    ] as const);
    const offset = random.below(CONSTANTS_BYTES / width) * width;
    if (name === 'lw') return asm(name, { base: K0, rt: random.pick(RESULTS), offset });
    return asm(name, { base: K0, ft: this.fpr(name), offset });
  }

  private branch(): void {
    const { random } = this;
    const row = random.pick(this.#branches);
    const fields: Record<string, number> = {};
    if (hasField(row, 'cc')) fields['cc'] = random.word();
    if (hasField(row, 'rs')) fields['rs'] = random.pick(RESULTS.filter((r) => r !== 31));
    if (hasField(row, 'rt')) fields['rt'] = random.pick(RESULTS);
    const at = this.words.length;
    const distance = 1 + random.below(FARTHEST);
    this.words.push(nop, this.single());
    this.#open.push(() => {
      this.words[at] = asm(row.name, { ...fields, offset: this.landing(at + 1 + distance) - at - 1 });
    });
  }

  /** Jumps over a few words; the target of a register jump is loaded before. */
  private jump(): void {
    const { random } = this;
    const name = random.pick(['j', 'jal', 'jr', 'jalr'] as const);
    const distance = random.below(FARTHEST);
    const rd = random.pick(RESULTS);
    const at = this.words.length;
    const direct = name === 'j' || name === 'jal';
    this.words.push(...Array.from({ length: direct ? 1 : 3 }, () => nop), this.single());
    const after = this.words.length;
    this.#open.push(() => {
      const target = this.start + this.landing(after + distance) * 4;
      const jump = direct
        ? [asm(name, { target: target >>> 2 })]
        : [...li(K1, target), asm(name, name === 'jr' ? { rs: K1 } : { rs: K1, rd })];
      this.words.splice(at, jump.length, ...jump);
    });
  }

  private linked(): void {
    const { random } = this;
    const offset = SCRATCH + random.below(SCRATCH_BYTES / 4) * 4;
    const rt = random.pick(RESULTS);
    this.words.push(asm('ll', { base: K0, rt: random.pick(RESULTS), offset }), asm('sc', { base: K0, rt, offset }));
  }

  /** Rounding, flags, conditions, flush; never an enabled exception, nor the unimplemented one. */
  private floatControl(): void {
    const { random } = this;
    const [fs, mask] = random.pick([
      [31, 0xff81f07f],
      [31, 0xfe80007c],
      [25, 0xff],
      [26, 0x1f07c],
      [28, 7],
    ] as const);
    this.words.push(...li(K1, random.word() & mask), asm('ctc1', { rt: K1, fs }));
    this.words.push(asm('cfc1', { rt: random.pick(RESULTS), fs: random.pick([25, 26, 28, 31]) }));
  }
}

function accessWidth(name: string): number {
  if (/^(l|s)(wl|wr|b|bu)$/.test(name) || /^(pref|prefx|synci)$/.test(name) || /uxc1$/.test(name)) return 1;
  if (/^(lh|lhu|sh)$/.test(name)) return 2;
  return /^[ls]d/.test(name) ? 8 : 4;
}

function prologue(random: Random, fr: boolean): number[] {
  const words = li(K0, BLOCK);
  for (let fd = 0; fd < 32; fd += fr ? 1 : 2)
    words.push(asm('ldc1', { base: K0, ft: fd, offset: random.below(128) * 8 }));
  words.push(...li(1, random.word() & 0x0100007f), asm('ctc1', { rt: 1, fs: 31 }));
  words.push(...li(1, integer(random)), asm('mthi', { rs: 1 }), ...li(1, integer(random)), asm('mtlo', { rs: 1 }));
  for (const rt of RESULTS.filter((r) => r !== 0)) words.push(...li(rt, integer(random)));
  return words;
}

function epilogue(fr: boolean): number[] {
  const words: number[] = [];
  for (const rt of RESULTS) words.push(asm('sw', { base: K0, rt, offset: DUMP + rt * 4 }));
  for (const [i, word] of [asm('mfhi', { rd: K1 }), asm('mflo', { rd: K1 }), asm('cfc1', { rt: K1, fs: 31 })].entries())
    words.push(word, asm('sw', { base: K0, rt: K1, offset: DUMP + (32 + i) * 4 }));
  for (let ft = 0; ft < 32; ft += fr ? 1 : 2) words.push(asm('sdc1', { base: K0, ft, offset: FPR_DUMP + ft * 8 }));
  words.push(...li(4, 1), ...li(5, BLOCK + SCRATCH), ...li(6, RESULT_BYTES), ...li(2, 4004), asm('syscall'));
  return [...words, ...li(4, 0), ...li(2, 4001), asm('syscall')];
}

/** The program of a seed, whose random part has `length` words or a few more; `cut` keeps only so many of them. */
export function randomProgram(seed: number, endian: Endian, fr: boolean, length: number, cut = Infinity): Program {
  const random = new Random(seed);
  const before = prologue(random, fr);
  const constants = Array.from({ length: (CONSTANTS_BYTES + SCRATCH_BYTES) / 8 }, () => constant(random));
  const start = CODE + before.length * 4;
  const body = new Generator(random, fr, start).body(length).slice(0, cut);
  const words = [...before, ...body, ...Array.from({ length: 2 * FARTHEST }, () => nop), ...epilogue(fr)];
  const image = new Uint8Array(IMAGE_BYTES);
  const view = new DataView(image.buffer);
  if (words.length * 4 > BLOCK - CODE) throw new RangeError('the program does not fit');
  words.forEach((word, i) => view.setUint32(i * 4, word >>> 0, endian === 'le'));
  constants.forEach((value, i) => view.setBigUint64(BLOCK - CODE + i * 8, value, endian === 'le'));
  return { endian, fr, image, body, start };
}

const ELF_HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const PT_LOAD = 1;
const PT_MIPS_ABIFLAGS = 0x70000003;
const FP_DOUBLE = 1;
const FP_64 = 6;

/** The program as an o32 executable; its ABI flags choose Status.FR. */
export function executable({ endian, fr, image }: Program): Uint8Array {
  const little = endian === 'le';
  const file = new Uint8Array(4096 + image.length);
  const view = new DataView(file.buffer);
  const half = (at: number, value: number): void => view.setUint16(at, value, little);
  const words = (at: number, ...values: number[]): void =>
    values.forEach((value, i) => view.setUint32(at + i * 4, value, little));
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, little ? 1 : 2, 1]);
  half(16, 2);
  half(18, 8);
  words(20, 1, CODE, ELF_HEADER_BYTES, 0, 0x70001000);
  half(40, ELF_HEADER_BYTES);
  half(42, PROGRAM_HEADER_BYTES);
  half(44, 2);
  const flagsAt = ELF_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
  words(ELF_HEADER_BYTES, PT_MIPS_ABIFLAGS, flagsAt, CODE, CODE, 24, 24, 4, 8);
  words(ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES, PT_LOAD, 4096, CODE, CODE, image.length, image.length, 7, 4096);
  // isa level and revision, size of GPRs, of CP1 registers, of CP2 registers, floating-point ABI
  file.set([32, 2, 1, fr ? 2 : 1, 0, fr ? FP_64 : FP_DOUBLE], flagsAt + 2);
  file.set(image, 4096);
  return file;
}
