/**
 * Programs for a bare machine that provoke exceptions one after another, and log what coprocessor 0 holds after each: the same
 * image runs on a core of a model and on qemu-system with that model.
 *
 *     CODE        what each case executes; user programs see it at USER_CODE, through one TLB entry
 *     VECTORS     EBase: every vector logs a record and goes on with the next case
 *     DATA        pages for the cases
 *     LOG         a record for each case
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coreModel, type CoreModel } from '../../src/emu/cpu/models/index.js';
import { featuresOf, type Features } from '../../src/emu/cpu/features.js';
import type { Endian } from '../../src/emu/hardware.js';
import type { Isa } from '../../src/emu/isa/index.js';
import { assembler, CoreBench, li, nop, type Assemble } from './core-bench.js';
import { executable } from './random-executable.js';

export const CODE = 0x80100000;
const CODE_PA = 0x100000;
const CODE_BYTES = 0x40000;
const VECTORS = CODE + CODE_BYTES;
export const DATA = CODE + 0x42000;
export const DATA_PA = CODE_PA + 0x42000;
/** A BREAK among the data. */
export const BREAK_PA = DATA_PA + 0x800;
const LOG = CODE + 0x50000;
const LOG_PA = CODE_PA + 0x50000;
const IMAGE_BYTES = 0xa0000;
/** Where user and supervisor programs see CODE: the first of two pages of 256 KiB. */
export const USER_CODE = 0x00400000;
const USER_PAGE_MASK = 0x7e000;
const USER_ENTRY = 0;

const SLOTS = 16;
const SLOT_BYTES = 8;
export const RECORD_BYTES = SLOTS * SLOT_BYTES;
const NO_EXCEPTION = 0xffff;

export const REG = { v0: 2, v1: 3, a0: 4, a1: 5, t0: 8, t1: 9, t2: 10, t3: 11, s5: 21, s6: 22, s7: 23, k0: 26, k1: 27 };

/** What stands in a record, in this order; `$n` is a general register. */
export const FIELDS = [
  ...['vector', 'Cause', 'EPC', 'BadVAddr', 'Status', 'Context', 'EntryHi', 'BadInstr', 'BadInstrP', 'XContext'],
  ...['$2', '$3', 'Index', 'EntryLo0', 'EntryLo1', 'PageMask'],
] as const;
export type FieldName = (typeof FIELDS)[number];

const CONTROL: Readonly<Partial<Record<FieldName, readonly [number, number]>>> = {
  Cause: [13, 0],
  EPC: [14, 0],
  BadVAddr: [8, 0],
  Status: [12, 0],
  Context: [4, 0],
  EntryHi: [10, 0],
  BadInstr: [8, 1],
  BadInstrP: [8, 2],
  XContext: [20, 0],
  Index: [0, 0],
  EntryLo0: [2, 0],
  EntryLo1: [3, 0],
  PageMask: [5, 0],
};

export interface LogRecord {
  readonly name: string;
  readonly values: ReadonlyMap<FieldName, bigint>;
}

export interface Context {
  readonly asm: Assemble;
  readonly model: CoreModel;
  readonly isa: Isa;
  readonly has: Features;
  /** Address of the word that is `index` words after the beginning of the case's body. */
  readonly at: (index: number) => number;
}

export interface Case {
  readonly name: string;
  /** Executed in kernel mode first; may use $8-$11, $26, $27. */
  readonly setup?: readonly number[];
  /** Executed then, at an address that is a multiple of 8; ends where it raises an exception, or runs off its end. */
  readonly body: readonly number[];
  /** Status while the body is executed; by default that of the setup. Other modes get it through ERET. */
  readonly status?: number;
  /** The body begins at the last word of a page. */
  readonly atPageEnd?: boolean;
}

const MODE = 0x18;
export const USER = 0x10;
export const SUPERVISOR = 0x08;
/** Vectors that the cases may reach. */
const OFFSETS = [0, 0x80, 0x100, 0x180, ...Array.from({ length: 9 }, (_, i) => 0x200 + i * 0x20)];

export class PrivilegedProgram {
  readonly isa: Isa;
  readonly model: CoreModel;
  readonly asm: Assemble;
  readonly has: Features;
  readonly names: string[] = [];
  readonly #words: number[] = [];
  readonly #vectors = new Map<number, readonly number[]>();

  constructor(
    modelName: string,
    readonly endian: Endian,
    /** Status of the setups, besides what the core fixes. */
    readonly status = 0,
  ) {
    this.model = coreModel(modelName);
    this.isa = { ...this.model.isa, endian };
    this.has = featuresOf(this.model);
    this.asm = assembler(this.isa);
    this.#handlers();
    this.#prologue();
  }

  /** Where the next word will stand. */
  get here(): number {
    return CODE + this.#words.length * 4;
  }

  get context(): Omit<Context, 'at'> {
    return { asm: this.asm, model: this.model, isa: this.isa, has: this.has };
  }

  mtc0(rt: number, rd: number, sel = 0): number {
    return this.asm('mtc0', { rt, rd, sel });
  }

  jr(rs: number): number {
    return this.isa.release === 6 ? this.asm('jalr', { rs }) : this.asm('jr', { rs });
  }

  /** A constant into a register: a sign-extended word, or any 64 bits. */
  constant(rt: number, value: number | bigint): number[] {
    if (typeof value === 'number' || BigInt.asIntN(32, value) === BigInt.asIntN(64, value))
      return li(rt, Number(BigInt.asUintN(32, BigInt(value))));
    const part = (shift: bigint): number => Number((value >> shift) & 0xffffn);
    const { asm } = this;
    const shift = asm('dsll', { rt, rd: rt, sa: 16 });
    const or = (imm: number): number => asm('ori', { rs: rt, rt, imm });
    return [asm('lui', { rt, imm: part(48n) }), or(part(32n)), shift, or(part(16n)), shift, or(part(0n))];
  }

  add(name: string, build: (context: Context) => Omit<Case, 'name'>): void {
    const { setup = [], body: draft, status, atPageEnd = false } = build({ ...this.context, at: () => 0 });
    const mode = status !== undefined && (status & MODE) !== 0;
    const through = status === undefined ? 0 : mode ? 11 : 3;
    const target = this.#place(setup.length + 2 + through, atPageEnd);
    const start = (mode ? USER_CODE : CODE) + target * 4;
    const { body } = build({ ...this.context, at: (index) => start + index * 4 });
    if (body.length !== draft.length) throw new Error(`${name}: its length depends on its address`);
    // the end of the case: two words to jump to the record of no exception
    const next = CODE + (target + body.length + 3) * 4;
    const words = [...li(REG.s6, next), ...setup, ...this.#enter(status, start)];
    const gap = target - this.#words.length - words.length;
    if (gap < 0) throw new Error(`${name}: does not fit`);
    this.#words.push(...words, ...Array.from({ length: gap }, () => nop), ...body);
    // a user program that runs on to its end says so by a system call
    this.#words.push(...(mode ? [this.asm('syscall'), nop] : [this.#jump(VECTORS + NO_EXCEPTION_AT), nop]), nop);
    this.names.push(name);
  }

  /** The index of the word where a body will begin. */
  #place(before: number, atPageEnd: boolean): number {
    const least = this.#words.length + before;
    if (atPageEnd) return Math.ceil((least + 1) / 1024) * 1024 - 1;
    return Math.ceil(least / 2) * 2;
  }

  /** Status, and ERET to another mode. */
  #enter(status: number | undefined, start: number): number[] {
    if (status === undefined) return [];
    const { asm } = this;
    if ((status & MODE) === 0) return [...li(REG.k0, status), this.mtc0(REG.k0, 12)];
    const EXL = 2;
    return [
      ...[...li(REG.k0, start), this.mtc0(REG.k0, 14)],
      ...[...li(REG.k0, status | EXL), this.mtc0(REG.k0, 12), asm('sll', { sa: 3 }), asm('eret'), nop, nop, nop],
    ];
  }

  #jump(address: number): number {
    return this.asm('j', { target: (address & 0x0fffffff) >>> 2 });
  }

  /** Each vector says which one it is, and the rest is common. */
  #handlers(): void {
    const { asm } = this;
    for (const offset of OFFSETS)
      this.#vectors.set(offset, [asm('ori', { rt: REG.k1, imm: offset }), this.#jump(VECTORS + COMMON_AT), nop]);
    this.#vectors.set(NO_EXCEPTION_AT, [
      asm('ori', { rt: REG.k1, imm: NO_EXCEPTION }),
      this.#jump(VECTORS + COMMON_AT),
      nop,
    ]);
    const wide = this.isa.bits === 64;
    const store = (rt: number, slot: number): number =>
      asm(wide ? 'sd' : 'sw', { base: REG.s7, rt, offset: slot * SLOT_BYTES });
    const common = [store(REG.k1, 0)];
    FIELDS.forEach((field, slot) => {
      const register = /^\$(\d+)$/.exec(field)?.[1];
      const [rd, sel] = CONTROL[field] ?? [];
      const has = field === 'BadInstr' ? this.has.badInstr : field === 'BadInstrP' ? this.has.badInstrP : true;
      if (register !== undefined) common.push(store(Number(register), slot));
      if (rd === undefined || sel === undefined || !has || (field === 'XContext' && !wide)) return;
      common.push(asm(wide ? 'dmfc0' : 'mfc0', { rt: REG.k0, rd, sel }), store(REG.k0, slot));
    });
    common.push(
      asm('addiu', { rs: REG.s7, rt: REG.s7, imm: RECORD_BYTES }),
      ...[this.mtc0(REG.s5, 12), asm('sll', { sa: 3 }), this.mtc0(0, 13), this.mtc0(0, 10), asm('ori', { rt: REG.v0 })],
      ...[asm('ori', { rt: REG.v1 }), this.jr(REG.s6), nop],
    );
    this.#vectors.set(COMMON_AT, common);
  }

  #prologue(): void {
    const pfn = (pa: number): number => (pa >>> 12) << 6;
    const [VALID_DIRTY_CACHED] = [0x1e];
    const { asm } = this;
    const fixed = this.model.status.reset & ~0x00400004;
    this.#words.push(
      ...[...li(REG.k0, VECTORS | 0), this.mtc0(REG.k0, 15, 1)],
      ...[...li(REG.s5, this.status | fixed), this.mtc0(REG.s5, 12), asm('sll', { sa: 3 })],
      ...[this.mtc0(0, 13), ...li(REG.s7, LOG), ...li(REG.v0, 0), ...li(REG.v1, 0)],
      // all entries but the one of user programs, without a match
      ...Array.from({ length: this.model.tlbEntries }, (_, i) =>
        this.tlbEntry(i, 0x80000000 + i * 0x2000, 0, 0),
      ).flat(),
      ...this.tlbEntry(USER_ENTRY, USER_CODE, pfn(CODE_PA) | VALID_DIRTY_CACHED | 1, 1, USER_PAGE_MASK),
      ...[...li(REG.k0, 1), this.mtc0(REG.k0, 6)],
    );
  }

  /** Writes an entry, and leaves EntryHi at 0. */
  tlbEntry(index: number, hi: number | bigint, lo0: number, lo1: number, mask = 0): number[] {
    return [
      ...[...li(REG.t0, index), this.mtc0(REG.t0, 0), ...li(REG.t0, mask), this.mtc0(REG.t0, 5)],
      ...[...li(REG.t0, lo0), this.mtc0(REG.t0, 2), ...li(REG.t0, lo1), this.mtc0(REG.t0, 3)],
      ...[...this.constant(REG.t0, hi), this.#mtc0Wide(REG.t0, 10), this.asm('tlbwi'), this.mtc0(0, 10)],
    ];
  }

  #mtc0Wide(rt: number, rd: number): number {
    return this.isa.bits === 64 ? this.asm('dmtc0', { rt, rd }) : this.mtc0(rt, rd);
  }

  /** The image, from CODE on: the cases, and the end, which writes the log to standard output. */
  image(): Uint8Array {
    const { asm } = this;
    const uhi = (operation: number): number[] => [...li(25, operation), ...li(2, 1), asm('sdbbp', { code20: 1 })];
    const logBytes = this.names.length * RECORD_BYTES;
    const words = [
      ...this.#words,
      ...[...li(4, 1), ...li(5, LOG), ...li(6, logBytes), ...uhi(5), ...li(4, 0), ...uhi(1)],
    ];
    if (words.length * 4 > CODE_BYTES) throw new RangeError(`${words.length} words of code`);
    if (LOG - CODE + logBytes > IMAGE_BYTES) throw new RangeError(`${this.names.length} records`);
    const image = new Uint8Array(IMAGE_BYTES);
    const view = new DataView(image.buffer);
    const put = (at: number, list: readonly number[]): void =>
      list.forEach((word, i) => view.setUint32(at + i * 4, word >>> 0, this.endian === 'le'));
    put(0, words);
    for (const [offset, handler] of this.#vectors) put(VECTORS - CODE + offset, handler);
    for (let i = 0; i < 0x8000; i += 4) view.setUint32(DATA - CODE + i, i * 0x01010101, this.endian === 'le');
    put(BREAK_PA - CODE_PA, [asm('break')]);
    return image;
  }

  get qemu(): string {
    return `qemu-system-mips${this.isa.bits === 64 ? '64' : ''}${this.endian === 'le' ? 'el' : ''}`;
  }

  onCore(): LogRecord[] {
    const bench = new CoreBench({ endian: this.endian, model: this.model, entry: { pc: CODE } });
    bench.ram.set(this.image(), CODE_PA);
    bench.run(2000);
    if (bench.exits.length === 0) throw new Error([...bench.faults, ...bench.registers].join('\n'));
    return this.#records(bench.ram.slice(LOG_PA, LOG_PA + this.names.length * RECORD_BYTES));
  }

  onQemu(): LogRecord[] {
    const directory = mkdtempSync(join(tmpdir(), 'privileged-mips-'));
    try {
      const { isa } = this;
      const program = {
        isa,
        fr: false,
        image: this.image(),
        body: [],
        kind: 'system',
        entry: CODE,
        start: CODE,
      } as const;
      writeFileSync(join(directory, 'program'), executable(program));
      const machine = [
        '-M',
        'malta',
        '-cpu',
        this.model.name,
        '-m',
        '64',
        '-semihosting-config',
        'enable=on,target=native',
      ];
      const quiet = ['-display', 'none', '-monitor', 'none', '-serial', 'none', '-net', 'none', '-vga', 'none'];
      // QEMU writes the console of a semihosted program to standard error
      const script = 'exec "$0" "$@" 2>&1';
      const args = ['-c', script, this.qemu, ...machine, ...quiet, '-kernel', join(directory, 'program')];
      return this.#records(execFileSync('sh', args, { timeout: 20_000, maxBuffer: 1 << 24 }));
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  #records(log: Uint8Array): LogRecord[] {
    const view = new DataView(log.buffer, log.byteOffset, log.length);
    const little = this.endian === 'le';
    const read = (at: number): bigint =>
      this.isa.bits === 64 ? view.getBigUint64(at, little) : BigInt(view.getUint32(at, little));
    return this.names.map((name, i) => ({
      name,
      values: new Map(FIELDS.map((field, slot) => [field, read(i * RECORD_BYTES + slot * SLOT_BYTES)] as const)),
    }));
  }
}

/** Offsets behind the vectors: the common part, and the way into it without an exception. */
const COMMON_AT = 0x400;
const NO_EXCEPTION_AT = 0x380;
