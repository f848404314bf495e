/**
 * Random straight-line programs for comparing two implementations: every instruction of the table that a user program can
 * execute without an exception, on edge values, with forward branches. The same image runs as a Linux program under
 * qemu-user and on a core.
 *
 *     CODE          sets all registers, the random part, stores all registers; then write(1, …) and exit(0)
 *     BLOCK         constants (read only by convention), scratch, the dump
 */
import { isWordOf, type FieldName, type Instruction } from '../../src/emu/isa/encoding.js';
import { instructions, type Isa } from '../../src/emu/isa/index.js';
import type { Expr, Statement } from '../../src/emu/isa/ir.js';
import { assembler, li, nop, type Assemble } from './core-bench.js';

/** Where a program begins: of Linux, and of a machine. */
export const CODE = { user: 0x400000, system: 0x80100000 } as const;
/** Distances from there: the block, the log of exceptions (a machine's only). */
export const BLOCK = 0x10000;
export const LOG = 0x20000;
/** A record of the log: Cause, EPC, BadVAddr, nothing. */
export const RECORD_BYTES = 16;
const CONSTANTS_BYTES = 1024;
export const SCRATCH = CONSTANTS_BYTES;
const SCRATCH_BYTES = 1024;
const DUMP = SCRATCH + SCRATCH_BYTES;
/** General registers, HI, LO, FCSR, eight bytes each. */
const DUMP_REGISTERS = 35;
const FPR_DUMP = DUMP + (DUMP_REGISTERS + 1) * 8;
/** Bytes of the block that are compared: from SCRATCH to the end of the dump. */
export const RESULT_BYTES = FPR_DUMP + 32 * 8 - SCRATCH;
export const IMAGE_BYTES = BLOCK + 4096;

/** $k0 holds the address of the block, $k1 is for sequences; both are never results. */
const K0 = 26;
const K1 = 27;
const RESULTS = Array.from({ length: 32 }, (_, i) => i).filter((i) => i !== K0 && i !== K1);

/** Loads from near the program counter reach at most so many items before and after. */
const NEAR = 16;

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
export const integer = (random: Random): number => (random.below(3) === 0 ? random.word() : random.pick(EDGES));

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
export function constant(random: Random): bigint {
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
  /^(t(ge|lt|eq|ne|gei|lti|eqi|nei)u?|tge?iu|d?add|d?addi|d?sub|syscall|break|sdbbp|sigrie|rdhwr|d?m[ft]h?c0|rdpgpr|wrpgpr|di|ei|dvpe|evpe|dvp|evp|dmt|emt|tlb.*|d?eret.*|wait|cache|ll.*|sc.*|cfc1|ctc1|b(?!its).*|j.*|nal|([ls][bhw]u?|cache|pref)e|dahi|dati)$/;
/** QEMU has other results (docs/qemu-differences.md); fpu-on-qemu.test.ts compares what is alike. */
const OTHERWISE_ON_QEMU = { legacy: /^(abs|neg)\.(s|d|ps)$/, always: /^cvt\.s\.p[lu]$/ } as const;
/**
 * On a machine whose handler goes on after the instruction, exceptions are welcome. QEMU's WRPGPR writes past the registers that its
 * translation keeps: it is tested elsewhere.
 */
const EXCLUDED_ON_A_MACHINE =
  /^(sdbbp|rdhwr|rdpgpr|wrpgpr|d?m[ft]h?c0|dvpe|evpe|dvp|evp|dmt|emt|tlb.*|d?eret.*|wait|cache|ll.*|sc.*|cfc1|ctc1|b(?!its|reak).*|j.*|nal|([ls][bhw]u?|cache|pref)e|dahi|dati)$/;
/** Addresses that nothing is mapped at. */
const UNMAPPED = [0x10000000, 0x7fffe000, 0xc0000000, 0xffff8000];
/** Operands that FR = 0 has no registers for, or that are unpredictable there. */
const NEEDS_FR = /\.l\.|\.l$|^[ls]uxc1$/;
const DOUBLE = /\.d|\.l|^([ls]d.?c1|[ls]uxc1|d?m[ft]h?c1)/;

const REGISTER_FIELDS: readonly FieldName[] = ['rs', 'rt', 'rd'];
const FPR_FIELDS: readonly FieldName[] = ['fs', 'ft', 'fd', 'fr'];
/** Of MSA, which random-msa.test.ts compares. */
const VECTOR_FIELDS: readonly FieldName[] = ['wd', 'wt', 'cs', 'cd', 'n'];
const FREE_FIELDS: readonly FieldName[] = ['sa', 'imm', 'cc', 'stype'];
const HINT_LOAD = 0;
const RA = 31;

export interface Target {
  readonly isa: Isa;
  /** Status.FR */
  readonly fr: boolean;
  /** A Linux program, or one for a bare machine, with a handler of exceptions. */
  readonly kind: 'user' | 'system';
}

export interface Program extends Target {
  /** The whole image, from the target's CODE. */
  readonly entry: number;
  readonly image: Uint8Array;
  /** Words of the random part. */
  readonly body: readonly number[];
  /** Address of the body. */
  readonly start: number;
}

const hasField = (row: Instruction, name: FieldName): boolean => row.fieldNames.has(name);

function* expressionsOf(expr: Expr): Generator<{ expr: Expr; parent: Expr | undefined }> {
  yield { expr, parent: undefined };
  const parts =
    expr.kind === 'operator' ? expr.args : expr.kind === 'select' ? [expr.condition, expr.then, expr.otherwise] : [];
  for (const part of parts)
    for (const inner of expressionsOf(part)) yield inner.parent === undefined ? { ...inner, parent: expr } : inner;
}

export function* statementsOf(list: readonly Statement[]): Generator<Statement> {
  for (const each of list) {
    yield each;
    if (each.kind === 'if') {
      yield* statementsOf(each.then);
      yield* statementsOf(each.otherwise);
    }
  }
}

const valuesOf = (statement: Statement): readonly Expr[] =>
  Object.values(statement)
    .flat()
    .filter(
      (value): value is Expr => typeof value === 'object' && value !== null && 'kind' in value && 'type' in value,
    );

interface Nature {
  readonly branches: 'delayed' | 'compact' | 'no';
  /** Of a 64-bit core: fields whose register must hold a sign-extended word, and those that may come to hold more. */
  readonly words: ReadonlySet<FieldName>;
  readonly wide: ReadonlySet<FieldName>;
}

const natures = new WeakMap<Instruction, Map<32 | 64, Nature>>();

/** What a row does with its registers, from its meaning. */
function natureOf(row: Instruction, isa: Isa): Nature {
  const byWidth = natures.get(row) ?? new Map<32 | 64, Nature>();
  natures.set(row, byWidth);
  const known = byWidth.get(isa.bits);
  if (known !== undefined) return known;
  const words = new Set<FieldName>();
  const wide = new Set<FieldName>();
  const fieldAt = (number: Expr): FieldName | undefined =>
    REGISTER_FIELDS.find((name) => {
      const [run] = hasField(row, name) ? row.fields[name].runs : [];
      return number.kind === 'bits' && run?.low === number.bits.low;
    });
  let branches: Nature['branches'] = 'no';
  for (const statement of statementsOf(row.meaning(isa).statements)) {
    if (statement.kind === 'branch' || statement.kind === 'jump') branches = 'delayed';
    if (statement.kind === 'compactBranch') branches = 'compact';
    for (const value of valuesOf(statement))
      for (const { expr, parent } of expressionsOf(value)) {
        const field = expr.kind === 'gpr' ? fieldAt(expr.number) : undefined;
        const isWord = parent?.kind === 'operator' && parent.name === 'i32.wrap_i64';
        if (field !== undefined && isWord) words.add(field);
      }
    if (statement.kind !== 'setGpr') continue;
    const field = fieldAt(statement.number);
    const isWord = statement.value.kind === 'operator' && statement.value.name === 'i64.extend_i32_s';
    if (field !== undefined && !isWord) wide.add(field);
  }
  const nature: Nature = isa.bits === 64 ? { branches, words, wide } : { branches, words: new Set(), wide: new Set() };
  byWidth.set(isa.bits, nature);
  return nature;
}

/** On a 64-bit core these hold sign-extended words only, since 32-bit operations on others are unpredictable. */
const WORD_REGISTERS = RESULTS.filter((r) => r < 16);
const WIDE_REGISTERS = RESULTS.filter((r) => r === 0 || r >= 16);

class Writer {
  readonly #plain: readonly Instruction[];
  readonly #branches: readonly Instruction[];
  readonly words: number[] = [];
  /** Where instructions and sequences begin: branches go there only. */
  readonly #starts = new Set<number>();
  /** Fills in branches, once their targets are known. */
  readonly #open: (() => void)[] = [];
  readonly #isa: Isa;
  readonly #jumps: readonly string[];

  constructor(
    private readonly random: Random,
    private readonly target: Target,
    private readonly asm: Assemble,
    private readonly start: number,
  ) {
    const { isa, fr } = target;
    this.#isa = isa;
    const usable = instructions(isa).filter(
      ({ name, fieldNames }) =>
        !VECTOR_FIELDS.some((field) => fieldNames.has(field)) &&
        (fr || !NEEDS_FR.test(name)) &&
        (isa.nan2008 || !OTHERWISE_ON_QEMU.legacy.test(name)) &&
        !OTHERWISE_ON_QEMU.always.test(name),
    );
    const branches = usable.filter((row) => natureOf(row, isa).branches !== 'no');
    const excluded = target.kind === 'user' ? EXCLUDED : EXCLUDED_ON_A_MACHINE;
    this.#plain = usable.filter((row) => !excluded.test(row.name) && !branches.includes(row));
    this.#branches = branches.filter(({ name }) => !/^j/.test(name));
    this.#jumps = branches.map(({ name }) => name).filter((name) => /^j/.test(name) && name !== 'jalx');
  }

  body(length: number): readonly number[] {
    while (this.words.length < length) {
      this.#starts.add(this.words.length);
      const kind = this.random.below(40);
      if (kind < 4) this.branch();
      else if (kind === 4) this.jump();
      else if (kind === 5) this.linked();
      else if (kind === 6 && this.#isa.fpu) this.floatControl();
      else if (kind === 7) this.words.push(...this.constant());
      else if (kind === 8 && this.target.kind === 'system') this.words.push(...this.wild());
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

  private register(row: Instruction, name: FieldName): number {
    const { words, wide } = natureOf(row, this.#isa);
    if (words.has(name)) return this.random.pick(WORD_REGISTERS);
    return this.random.pick(wide.has(name) ? WIDE_REGISTERS : RESULTS);
  }

  private constant(): number[] {
    return li(this.random.pick(RESULTS), integer(this.random));
  }

  private plain(): number[] {
    const { random, asm } = this;
    const row = random.pick(this.#plain);
    const fields: Record<string, number> = {};
    const has = (name: FieldName): boolean => row.operands !== '' && hasField(row, name);
    const prefix: number[] = [];
    for (const name of REGISTER_FIELDS.filter(has)) fields[name] = this.register(row, name);
    for (const name of FPR_FIELDS.filter(has)) fields[name] = this.fpr(row.name);
    for (const name of FREE_FIELDS.filter(has)) fields[name] = random.word();
    // paired singles use two flags, of which the first is even
    if (has('cc') && row.name.endsWith('.ps')) fields['cc'] = random.below(4) * 2;
    if (has('msb')) Object.assign(fields, this.bitField(row.name));
    if (has('op')) fields['op'] = HINT_LOAD;
    if (has('base')) {
      fields['base'] = K0;
      const width = accessWidth(row.name);
      const offset = SCRATCH + random.below(SCRATCH_BYTES / width) * width;
      if (has('index') || (has('offset') && row.fields.offset.width < 16)) {
        prefix.push(asm('addiu', { rs: has('index') ? 0 : K0, rt: K1, imm: offset }));
        if (has('index')) fields['index'] = K1;
        else fields['base'] = K1;
      } else fields['offset'] = offset;
    } else if (has('offset')) fields['offset'] = random.below(2 * NEAR) - NEAR;
    const double = /^d?cl[zo]$/.test(row.name) && row.match >>> 26 !== 0;
    const word = asm(row.name, fields) | (double ? (fields['rd'] ?? 0) << 16 : 0);
    return isWordOf(row, word) ? [...prefix, word] : this.plain();
  }

  /** A load or store where nothing is, or at an address that is no multiple of its size. */
  private wild(): number[] {
    const { random, asm } = this;
    // QEMU's SYNCI and PREF look at no address; SYNCI should (its TLB and address exceptions)
    const reaching = this.#plain.filter(
      (row) => hasField(row, 'base') && hasField(row, 'offset') && row.name !== 'synci',
    );
    const row = random.pick(reaching);
    const fields: Record<string, number> = { base: K1 };
    if (hasField(row, 'rt')) fields['rt'] = this.register(row, 'rt');
    if (hasField(row, 'ft')) fields['ft'] = this.fpr(row.name);
    const block = CODE.system + BLOCK + SCRATCH + 512;
    const address = (random.below(2) === 0 ? random.pick(UNMAPPED) : block) + random.below(64);
    return [...li(K1, address), asm(row.name, fields)];
  }

  /** Position and size of EXT, INS and their kin, whose sums must fit the register. */
  private bitField(name: string): { lsb: number; msb: number } {
    const { random } = this;
    const low = /u$/.test(name) ? 32 + random.below(32) : random.below(32);
    const limit = name.startsWith('d') ? 64 : 32;
    const isLong = /m$/.test(name);
    const least = isLong && name === 'dextm' ? 33 : isLong ? Math.max(1, 33 - low) : 1;
    const most = Math.min(
      limit - low,
      isLong || limit === 32 || /u$/.test(name) ? 64 : 32,
      name === 'dins' ? 32 - low : 64,
    );
    const size = least + random.below(Math.max(1, most - least + 1));
    return { lsb: low, msb: /ext/.test(name) ? size - 1 : low + size - 1 };
  }

  /** A double needs an even register when FR = 0; what stands between registers and memory counts as one. */
  private fpr(instruction: string): number {
    return this.random.below(32) & ~(!this.target.fr && DOUBLE.test(instruction) ? 1 : 0);
  }

  private loadConstant(): number {
    const { random, asm } = this;
    const doubles = this.#isa.bits === 64 ? (['ld', 'ld'] as const) : [];
    const floats = this.#isa.fpu ? (['ldc1', 'ldc1', 'lwc1'] as const) : [];
    const name = random.pick(['lw', ...doubles, ...floats] as const);
    const width = accessWidth(name);
    const offset = random.below(CONSTANTS_BYTES / width) * width;
    if (name === 'lw') return asm(name, { base: K0, rt: random.pick(RESULTS), offset });
    if (name === 'ld') return asm(name, { base: K0, rt: random.pick(WIDE_REGISTERS), offset });
    return asm(name, { base: K0, ft: this.fpr(name), offset });
  }

  private branch(): void {
    const { random, asm } = this;
    const row = random.pick(this.#branches);
    const fields: Record<string, number> = {};
    if (hasField(row, 'cc')) fields['cc'] = random.word();
    if (hasField(row, 'ft')) fields['ft'] = random.word();
    do {
      for (const name of ['rs', 'rt'] as const)
        if (hasField(row, name)) fields[name] = random.pick(RESULTS.filter((r) => r !== RA));
      if (random.below(4) === 0 && hasField(row, 'rs')) fields['rs'] = fields['rt'] ?? 1;
      if (row.where.some(([a, , b]) => a === 'rs' && b === 0)) fields['rs'] = random.pick([0, 0, 1]);
    } while (!isWordOf(row, asm(row.name, fields)) || this.isDropped(row, fields));
    const at = this.words.length;
    const distance = 1 + random.below(FARTHEST);
    this.words.push(nop, this.single());
    this.#open.push(() => {
      this.words[at] = asm(row.name, { ...fields, offset: this.landing(at + 1 + distance) - at - 1 });
    });
  }

  /** QEMU drops branches that can never be taken, as by a register against itself, and with them the delay slot's BD. */
  private isDropped(row: Instruction, { rs, rt }: Readonly<Record<string, number>>): boolean {
    const isDelayed = natureOf(row, this.#isa).branches === 'delayed';
    // and its BOVC and BNVC of $0 alone link, as if they were BEQZALC and BNEZALC
    if (/^b[on]vc$/.test(row.name) && rs === 0) return true;
    return this.target.kind === 'system' && isDelayed && rs !== undefined && [rt, 0].includes(rs);
  }

  /** Jumps over a few words; the target of a register jump is loaded before. */
  private jump(): void {
    const { random, asm } = this;
    const name = random.pick(this.#jumps);
    const distance = random.below(FARTHEST);
    const rd = random.pick(WIDE_REGISTERS);
    const at = this.words.length;
    const direct = name === 'j' || name === 'jal';
    this.words.push(...Array.from({ length: direct ? 1 : 3 }, () => nop), this.single());
    const after = this.words.length;
    this.#open.push(() => {
      const target = this.start + this.landing(after + distance) * 4;
      const jump = direct
        ? [asm(name, { target: target >>> 2 })]
        : [...li(K1, target), asm(name, name === 'jalr' ? { rs: K1, rd } : name === 'jr' ? { rs: K1 } : { rt: K1 })];
      this.words.splice(at, jump.length, ...jump);
    });
  }

  private linked(): void {
    const { random, asm } = this;
    const offset = SCRATCH + random.below(SCRATCH_BYTES / 8) * 8;
    const rt = random.pick(WORD_REGISTERS);
    const base = K1;
    const [load, store] =
      this.#isa.bits === 64 && random.below(2) === 0 ? (['lld', 'scd'] as const) : (['ll', 'sc'] as const);
    this.words.push(asm('addiu', { rs: K0, rt: K1, imm: offset }));
    this.words.push(asm(load, { base, rt: random.pick(WIDE_REGISTERS) }), asm(store, { base, rt }));
  }

  /** Rounding, flags, conditions, flush; never an enabled exception, nor the unimplemented one. */
  private floatControl(): void {
    const { random, asm } = this;
    const conditions = this.#isa.release < 6;
    // not Underflow: QEMU does not signal a tiny result that is exact, which IEEE 754 does when the trap is enabled
    const enables = this.target.kind === 'system' ? 0xe80 : 0;
    const [fs, mask] = random.pick([
      [31, (conditions ? 0xff81f07f : 0x0101f07f) | enables],
      ...(conditions
        ? ([
            [31, 0xfe80007c],
            [25, 0xff],
          ] as const)
        : []),
      [26, 0x1f07c],
      [28, 7 | enables],
    ] as const);
    this.words.push(...li(K1, random.word() & mask), asm('ctc1', { rt: K1, fs }));
    const readable = conditions ? [25, 26, 28, 31] : [26, 28, 31];
    this.words.push(asm('cfc1', { rt: random.pick(RESULTS), fs: random.pick(readable) }));
  }
}

function accessWidth(name: string): number {
  if (/^(l|s)(wl|wr|dl|dr|b|bu)$/.test(name) || /^(pref|prefx|synci)$/.test(name) || /uxc1$/.test(name)) return 1;
  if (/^(lh|lhu|sh)$/.test(name)) return 2;
  return /^[ls]d/.test(name) ? 8 : 4;
}

function prologue(random: Random, { isa, fr, kind }: Target, asm: Assemble): number[] {
  const words = [...(kind === 'system' ? machineSetUp(isa, fr, asm) : []), ...li(K0, CODE[kind] + BLOCK)];
  if (isa.fpu) {
    for (let fd = 0; fd < 32; fd += fr ? 1 : 2)
      words.push(asm('ldc1', { base: K0, ft: fd, offset: random.below(128) * 8 }));
    words.push(...li(1, random.word() & 0x0100007f), asm('ctc1', { rt: 1, fs: 31 }));
  }
  if (isa.release < 6)
    words.push(...li(1, integer(random)), asm('mthi', { rs: 1 }), ...li(1, integer(random)), asm('mtlo', { rs: 1 }));
  for (const rt of RESULTS.filter((r) => r !== 0)) words.push(...li(rt, integer(random)));
  if (isa.bits === 64)
    for (const rt of WIDE_REGISTERS) words.push(asm('ld', { base: K0, rt, offset: random.below(128) * 8 }));
  return words;
}

function epilogue({ isa, fr, kind }: Target, asm: Assemble): number[] {
  const words: number[] = [];
  const store = isa.bits === 64 ? 'sd' : 'sw';
  for (const rt of RESULTS) words.push(asm(store, { base: K0, rt, offset: DUMP + rt * 8 }));
  const accumulator = isa.release < 6 ? [asm('mfhi', { rd: K1 }), asm('mflo', { rd: K1 })] : [];
  const control = isa.fpu ? [asm('cfc1', { rt: K1, fs: 31 })] : [];
  for (const [i, word] of [...accumulator, ...control].entries())
    words.push(word, asm(store, { base: K0, rt: K1, offset: DUMP + (32 + i) * 8 }));
  if (isa.fpu)
    for (let ft = 0; ft < 32; ft += fr ? 1 : 2) words.push(asm('sdc1', { base: K0, ft, offset: FPR_DUMP + ft * 8 }));
  return [...words, ...(kind === 'user' ? linuxEnd(isa) : machineEnd(asm))];
}

function linuxEnd({ bits }: Isa): number[] {
  const { write, exit } = SYSTEM_CALLS[bits];
  const results = CODE.user + BLOCK + SCRATCH;
  const end = [...li(4, 1), ...li(5, results), ...li(6, RESULT_BYTES), ...li(2, write), SYSCALL];
  return [...end, ...li(4, 0), ...li(2, exit), SYSCALL];
}

/** o32's and n64's. */
const SYSTEM_CALLS = { 32: { write: 4004, exit: 4001 }, 64: { write: 5001, exit: 5058 } } as const;

const SYSCALL = 0x0000000c;

/** Bytes before a machine's program: the vectors and the handler. */
const HANDLER_BYTES = 0x1000;
const HANDLER = 0x400;
const VECTORS = [0, 0x180];
/** In the block, after the dump: registers that the handler uses, and where the log goes on. */
const SAVED = FPR_DUMP + 32 * 8;
const LOG_POINTER = SAVED + 24;
const FILE_NAME = LOG_POINTER + 8;
const CP0 = { badVAddr: 8, status: 12, cause: 13, epc: 14, ebase: 15 } as const;
const STATUS_CU1 = 1 << 29;
const STATUS_FR = 1 << 26;
const STATUS_KX = 1 << 7;

/** Notes the exception, and goes on after the instruction or after the branch and its delay slot. */
function handler({ bits }: Isa, asm: Assemble): number[] {
  const [store, load] = bits === 64 ? (['sd', 'ld'] as const) : (['sw', 'lw'] as const);
  const [CAUSE, POINTER] = [2, 3];
  const saved = [K1, CAUSE, POINTER];
  const note = (register: number, offset: number): number[] => [
    asm('mfc0', { rt: K1, rd: register }),
    asm('sw', { base: POINTER, rt: K1, offset }),
  ];
  return [
    ...saved.map((rt, i) => asm(store, { base: K0, rt, offset: SAVED + i * 8 })),
    asm('lw', { base: K0, rt: POINTER, offset: LOG_POINTER }),
    ...note(CP0.cause, 0),
    ...note(CP0.badVAddr, 8),
    ...note(CP0.epc, 4),
    asm('addiu', { rs: POINTER, rt: POINTER, imm: RECORD_BYTES }),
    asm('sw', { base: K0, rt: POINTER, offset: LOG_POINTER }),
    asm('mfc0', { rt: CAUSE, rd: CP0.cause }),
    asm('srl', { rt: CAUSE, rd: CAUSE, sa: 31 }),
    asm('sll', { rt: CAUSE, rd: CAUSE, sa: 2 }),
    asm('addu', { rs: K1, rt: CAUSE, rd: K1 }),
    asm('addiu', { rs: K1, rt: K1, imm: 4 }),
    asm('mtc0', { rt: K1, rd: CP0.epc }),
    ...saved.map((rt, i) => asm(load, { base: K0, rt, offset: SAVED + i * 8 })),
    EHB,
    asm('eret'),
  ];
}
const EHB = 0x000000c0;

/** EBase and Status. */
function machineSetUp({ bits }: Isa, fr: boolean, asm: Assemble): number[] {
  const status = STATUS_CU1 | (fr ? STATUS_FR : 0) | (bits === 64 ? STATUS_KX : 0);
  return [
    ...li(K1, CODE.system),
    asm('mtc0', { rt: K1, rd: CP0.ebase, sel: 1 }),
    ...li(K1, status),
    asm('mtc0', { rt: K1, rd: CP0.status }),
    EHB,
  ];
}

const UHI = { exit: 1, open: 2, write: 5 } as const;
const WRITE_CREATE_TRUNCATE = 0x601;
const RESULTS_FILE = 'results';
export const SYSTEM_RESULT_BYTES = LOG - BLOCK - SCRATCH + 0x10000;

/** Writes everything from the scratch area to the end of the log into a file, by UHI calls. */
function machineEnd(asm: Assemble): number[] {
  const block = CODE.system + BLOCK;
  const call = (operation: number, ...args: readonly number[][]): number[] => [
    ...args.flat(),
    ...li(25, operation),
    asm('sdbbp', { code20: 1 }),
  ];
  return [
    ...call(UHI.open, li(4, block + FILE_NAME), li(5, WRITE_CREATE_TRUNCATE), li(6, 0o600)),
    ...call(UHI.write, [asm('or', { rs: 2, rt: 0, rd: 4 })], li(5, block + SCRATCH), li(6, SYSTEM_RESULT_BYTES)),
    ...call(UHI.exit, li(4, 0)),
  ];
}

/** The program of a seed, whose random part has `length` words or a few more; `cut` keeps only so many of them. */
export function randomProgram(seed: number, target: Target, length: number, cut = Infinity): Program {
  const random = new Random(seed);
  const asm = assembler(target.isa);
  const before = prologue(random, target, asm);
  const constants = Array.from({ length: (CONSTANTS_BYTES + SCRATCH_BYTES) / 8 }, () => constant(random));
  const { kind, isa } = target;
  const first = kind === 'system' ? HANDLER_BYTES : 0;
  const start = CODE[kind] + first + before.length * 4;
  const body = new Writer(random, target, asm, start).body(length).slice(0, cut);
  const words = [...before, ...body, ...Array.from({ length: 2 * FARTHEST }, () => nop), ...epilogue(target, asm)];
  if (first + words.length * 4 > BLOCK) throw new RangeError('the program does not fit');
  const image = new Uint8Array(IMAGE_BYTES);
  const view = new DataView(image.buffer);
  const little = isa.endian === 'le';
  const put = (at: number, list: readonly number[]): void =>
    list.forEach((word, i) => view.setUint32(at + i * 4, word >>> 0, little));
  put(first, words);
  constants.forEach((value, i) => view.setBigUint64(BLOCK + i * 8, value, little));
  if (kind === 'system') {
    for (const vector of VECTORS) put(vector, [asm('j', { target: (CODE.system + HANDLER) >>> 2 }), nop]);
    put(HANDLER, handler(isa, asm));
    put(BLOCK + LOG_POINTER, [CODE.system + LOG]);
    image.set(Buffer.from(RESULTS_FILE), BLOCK + FILE_NAME);
  }
  return { ...target, image, entry: CODE[kind] + first, body, start };
}
