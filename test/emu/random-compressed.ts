/**
 * Random programs in microMIPS or MIPS16e, for comparing two implementations: all instructions of the table that a user
 * program can execute without an exception, with forward branches and changes of the mode. The same image runs as a Linux
 * program under qemu-user and on a core.
 *
 *     CODE     classic: sets all registers and jumps to BODY
 *     BODY     compressed: sequences of instructions, which can be cut off at the end
 *     END      classic: stores all registers, then write(1, …) and exit(0)
 *     BLOCK    constants, scratch, the dump
 */
import { isWordOf, type FieldName, type Instruction } from '../../src/emu/isa/encoding.js';
import { fieldValue, signedFieldValue, type Field } from '../../src/emu/isa/field.js';
import type { Isa } from '../../src/emu/isa/index.js';
import { EIGHT_REGISTERS } from '../../src/emu/isa/compressed.js';
import { CompressedAssembler, place, put, type Item } from './compressed-assembler.js';
import { isDefined, slotBytes, sortedRows, type Sorted } from './compressed-rows.js';
import { assembler, li, type Assemble } from './core-bench.js';
import { constant, integer, type Random } from './random-program.js';

export const CODE = 0x400000;
const BODY = CODE + 0x1000;
const END = CODE + 0xf000;
export const BLOCK = CODE + 0x10000;
const CONSTANTS_BYTES = 1024;
export const SCRATCH = CONSTANTS_BYTES;
const SCRATCH_BYTES = 1024;
const DUMP = SCRATCH + SCRATCH_BYTES;
const FPR_DUMP = DUMP + 36 * 4;
/** Bytes of the block that are compared: from SCRATCH to the end of the dump. */
export const RESULT_BYTES = FPR_DUMP + 32 * 8 - SCRATCH;
export const IMAGE_BYTES = BLOCK - CODE + 4096;

const K0 = 26;
const K1 = 27;
const SP = 29;
const RA = 31;
/** What lists of registers and frames of functions may reach before and after their address. */
const REACH = 128;
/** Branches go over at most so many bytes, and one sequence. */
const FARTHEST = 24;
const PADDING_BYTES = 256;

export interface CompressedProgram {
  readonly isa: Isa;
  readonly image: Uint8Array;
  /** The last instructions of the body, as text. */
  readonly last: readonly { readonly word: number; readonly bytes: 2 | 4; readonly pc: number }[];
  readonly instructions: number;
  readonly sequences: number;
}

const has = (row: Instruction, name: FieldName): boolean => row.fieldNames.has(name);
const registerIn = (word: number, field: Field): number => fieldValue(word, field);

class Writer {
  readonly items: Item[] = [];
  readonly #offsets: number[] = [];
  #length = 0;
  /** Where sequences begin: branches go there only. In items, and in bytes. */
  readonly starts: { readonly item: number; readonly offset: number }[] = [];
  readonly #open: (() => void)[] = [];
  readonly #rows: Sorted;
  private readonly isa: Isa;

  constructor(
    private readonly random: Random,
    private readonly asm: CompressedAssembler,
    private readonly classic: Assemble,
  ) {
    this.isa = asm.isa;
    this.#rows = sortedRows(this.isa);
  }

  write(sequences: number): void {
    while (this.starts.length < sequences) {
      this.starts.push({ item: this.items.length, offset: this.#length });
      const kind = this.random.below(40);
      if (kind < 5) this.branch();
      else if (kind < 7) this.jump();
      else if (kind === 7) this.otherMode();
      else if (kind === 8) this.push(...this.asm.loadImmediate(this.pickRegister(), integer(this.random)));
      else if (kind === 9) this.linked();
      else if (kind === 10 && this.isa.fpu) this.floatControl();
      else if (kind < 18) this.push(...this.memory());
      else this.push(this.plain());
    }
    this.starts.push({ item: this.items.length, offset: this.#length });
    for (const fill of this.#open) fill();
  }

  private push(...items: readonly Item[]): void {
    for (const item of items) {
      this.#offsets.push(this.#length);
      this.items.push(item);
      this.#length += item.bytes;
    }
  }

  /** The offset of the first sequence at or after so many bytes. */
  private landing(at: number, unit: 2 | 4 = 2): number {
    return this.starts.find(({ offset }) => offset >= at && offset % unit === 0)?.offset ?? (this.#length + 3) & -unit;
  }

  private pickRegister(): number {
    return this.isa.compressed === 'mips16' ? this.random.pick(EIGHT_REGISTERS) : 1 + this.random.below(31);
  }

  private word(row: Instruction): number {
    for (;;) {
      const bits = row.bytes === 2 ? this.random.word() & 0xffff : this.random.word();
      const word = ((bits & ~row.mask) | row.match) >>> 0;
      const alike = ((word & ~0x1f0000) | ((word >>> 5) & 0x1f0000)) >>> 0;
      const chosen = row.where.length > 0 && this.random.below(4) === 0 ? alike : word;
      if (isWordOf(row, chosen) && isDefined(row, chosen)) return chosen;
    }
  }

  private plain(fits: (row: Instruction) => boolean = () => true): Item {
    const row = this.random.pick(this.#rows.plain.filter(fits));
    return { bytes: row.bytes, word: this.word(row) };
  }

  /** A load or store, with its registers set before. */
  private memory(only?: (row: Instruction) => boolean): Item[] {
    const { random } = this;
    const row = random.pick(only === undefined ? this.#rows.memory : this.#rows.memory.filter(only));
    const item = (word: number): Item => ({ bytes: row.bytes, word });
    if (row.operands.endsWith('($pc)'))
      for (;;) {
        const word = this.word(row);
        const offset = signedFieldValue(word, row.fields.offset);
        if (Math.abs(offset) < 1024 && offset % 8 === 0) return [item(word)];
      }
    if (row.operands.startsWith('rs,pc+')) return [item(put(row, this.word(row), 'offset', random.below(256) & -2))];
    const inScratch = BLOCK + SCRATCH + REACH + (random.below(SCRATCH_BYTES - 2 * REACH) & -8);
    if (row.operands === 'frame') {
      const word = this.word(row);
      const units = fieldValue(word, row.fields.frame) || (row.bytes === 2 ? 16 : 0);
      const top = row.name === 'save' ? inScratch : inScratch - 8 * units;
      return [...this.asm.loadImmediate(SP, top), item(word)];
    }
    const loads = /^l[bhwd]/.test(row.name) && !/m$/.test(row.name);
    const address =
      (loads && random.below(2) === 0 ? BLOCK + (random.below(CONSTANTS_BYTES) & -8) : inScratch) +
      this.misalignment(row);
    if (has(row, 'index')) {
      for (;;) {
        const word = this.word(row);
        const [base, index] = [registerIn(word, row.fields.base), registerIn(word, row.fields.index)];
        if (base === 0 || index === 0 || base === index) continue;
        const number = random.below(64);
        const bytes = row.name === 'lwxs' ? number * 4 : number;
        return [...this.asm.loadImmediate(base, address - bytes), ...this.asm.loadImmediate(index, number), item(word)];
      }
    }
    for (;;) {
      const word = this.word(row);
      const base = registerIn(word, row.fields.base);
      if (base === 0) continue;
      return [...this.asm.loadImmediate(base, address - signedFieldValue(word, row.fields.offset)), item(word)];
    }
  }

  private misalignment({ name }: Instruction): number {
    if (/^([ls]bu?|[ls]w[lr])$/.test(name)) return this.random.below(8);
    if (/^[ls]hu?$/.test(name)) return 2 * this.random.below(4);
    return /^[ls]wc?1?$/.test(name) ? 4 * this.random.below(2) : 0;
  }

  /**
   * Additions to the program counter stand only behind JR and JALR of MIPS16e: behind JAL and JALX QEMU is wrong by 2, and in
   * microMIPS its result depends on whether it finds out that the branch is never taken.
   */
  private slot(row: Instruction): Item[] {
    if (!this.#rows.delayed.has(row)) return [];
    const isMips16 = this.isa.compressed === 'mips16';
    const bytes = slotBytes(row, this.isa);
    return [
      this.plain(
        (each) =>
          (bytes === undefined || each.bytes === bytes) &&
          ((isMips16 && row.bytes === 2) || !each.operands.includes('$pc')),
      ),
    ];
  }

  private branch(): void {
    const row = this.random.pick(this.#rows.branches);
    const item: Item = { bytes: row.bytes, word: this.word(row) };
    const from = this.#length + row.bytes;
    this.push(item, ...this.slot(row));
    const after = this.#length + this.random.below(FARTHEST);
    this.#open.push(() => {
      item.word = put(row, item.word, 'offset', this.landing(after) - from);
    });
  }

  /** Jumps over a few bytes; the target of a register jump is loaded before. */
  private jump(): void {
    const row = this.random.pick(this.#rows.jumps.filter(({ name }) => name !== 'jalx'));
    const item: Item = { bytes: row.bytes, word: this.word(row) };
    const after = (): number => this.#length + this.random.below(FARTHEST);
    if (row.operands.startsWith('jump')) {
      this.push(item, ...this.slot(row));
      const to = after();
      this.#open.push(() => {
        item.word = put(
          row,
          item.word,
          'target',
          (BODY + this.landing(to, this.isa.compressed === 'mips16' ? 4 : 2)) & 0x7ffffff,
        );
      });
      return;
    }
    const { register, distance } = this.jumpRegister(row, item);
    const load = this.asm.loadImmediate(register, 0);
    this.push(...load, item, ...this.slot(row));
    const to = after();
    this.#open.push(() => this.rewrite(load, register, ((BODY + this.landing(to)) | 1) - distance));
  }

  /** The register that a jump takes its target from, made one that can be loaded, and what it adds to it. */
  private jumpRegister(row: Instruction, item: Item): { register: number; distance: number } {
    const fixed = row.operands === 'uimm';
    const name: FieldName = row.operands === 'rt,imm' ? 'rt' : 'rs';
    while (!fixed && registerIn(item.word, row.fields[name]) === 0) item.word = this.word(row);
    return {
      register: fixed ? RA : registerIn(item.word, row.fields[name]),
      distance: name === 'rt' ? signedFieldValue(item.word, row.fields.imm) : 0,
    };
  }

  private rewrite(load: readonly Item[], register: number, value: number): void {
    const words = this.asm.loadImmediate(register, value >>> 0);
    load.forEach((item, i) => {
      item.word = words[i]?.word ?? item.word;
    });
  }

  private align(): void {
    if (this.#length % 4 !== 0) this.push(this.asm.nop);
  }

  /** Calls a few words of classic code, which come back behind themselves. */
  private otherMode(): void {
    const { random, classic } = this;
    const exchange = this.asm.rows.find(({ name }) => name === 'jalx');
    if (exchange !== undefined && random.below(2) === 0) {
      const item: Item = { bytes: 4, word: exchange.match };
      this.push(item, ...this.slot(exchange));
      this.align();
      item.word = put(exchange, item.word, 'target', (BODY + this.#length) & 0xfffffff);
    } else {
      const row = random.pick(this.#rows.jumps.filter(({ operands }) => !operands.startsWith('j')));
      const item: Item = { bytes: row.bytes, word: this.word(row) };
      const { register, distance } = this.jumpRegister(row, item);
      const load = this.asm.loadImmediate(register, 0);
      this.push(...load, item, ...this.slot(row));
      this.align();
      this.rewrite(load, register, BODY + this.#length - distance);
    }
    const word = (word: number): Item => ({ bytes: 4, word, classic: true });
    const any = (): Item => word(classic('addiu', { rs: random.below(32), rt: random.below(32), imm: random.word() }));
    this.push(...Array.from({ length: random.below(3) }, any));
    if (exchange !== undefined && random.below(2) === 0) {
      this.push(word(classic('jalx', { target: BODY + this.#length + 8 })), any());
    } else {
      const back = (BODY + this.#length + 16) | 1;
      const jump = this.isa.release === 6 ? classic('jalr', { rs: K1, rd: 0 }) : classic('jr', { rs: K1 });
      this.push(...li(K1, back).map(word), word(jump), any());
    }
  }

  private linked(): void {
    if (this.isa.compressed !== 'micromips') return;
    const load = this.memory(({ name }) => name === 'll');
    const ll = load.at(-1);
    if (ll === undefined) throw new Error('no instruction of a load');
    const [read, conditional] = [this.asm.row('ll', 4), this.asm.row('sc', 4)];
    const base = registerIn(ll.word, read.fields.base);
    ll.word = put(read, ll.word, 'rt', (base + 1) % 32);
    let store = put(conditional, conditional.match, 'rt', this.random.below(32));
    store = put(
      conditional,
      put(conditional, store, 'base', base),
      'offset',
      signedFieldValue(ll.word, read.fields.offset),
    );
    this.push(...load, { bytes: 4, word: store });
  }

  /** Rounding, flags, flush; never an enabled exception, nor the unimplemented one. */
  private floatControl(): void {
    const [fs, mask] = this.random.pick([
      [31, 0x0100007f],
      [26, 0x1f07c],
      [28, 7],
    ] as const);
    this.push(
      ...this.asm.loadImmediate(K1, this.random.word() & mask & ~0xf80),
      this.asm.encode('ctc1', 4, { rt: K1, fs }),
      this.asm.encode('cfc1', 4, { rt: 1 + this.random.below(31), fs: this.random.pick([26, 28, 31]) }),
    );
  }

  /** Goes to END, by a register that is no result. */
  leave(): Item[] {
    const slot = this.asm.nop;
    if (this.isa.compressed === 'mips16') {
      const row = this.asm.row('jalx', 4);
      return [{ bytes: 4, word: put(row, row.match, 'target', END & 0xfffffff) }, slot];
    }
    const jump = this.isa.release === 6 ? 'jrc' : 'jr';
    return [...this.asm.loadImmediate(K1, END), this.asm.encode(jump, 2, { rs: K1 }), slot];
  }

  offsetOf(item: number): number {
    return this.#offsets[item] ?? this.#length;
  }
}

function prologue(random: Random, { fpu, release }: Isa, asm: Assemble): number[] {
  const words = li(K0, BLOCK);
  if (fpu) {
    for (let ft = 0; ft < 32; ft++) words.push(asm('ldc1', { base: K0, ft, offset: random.below(128) * 8 }));
    words.push(...li(1, random.word() & 0x0100007f), asm('ctc1', { rt: 1, fs: 31 }));
  }
  if (release < 6)
    words.push(...li(1, integer(random)), asm('mthi', { rs: 1 }), ...li(1, integer(random)), asm('mtlo', { rs: 1 }));
  for (let rt = 1; rt < 32; rt++) words.push(...li(rt, integer(random)));
  const jump = release === 6 ? asm('jalr', { rs: K1, rd: 0 }) : asm('jr', { rs: K1 });
  return [...words, ...li(K1, BODY | 1), jump, 0];
}

const WRITE = 4004;
const EXIT = 4001;

function epilogue({ fpu, release }: Isa, asm: Assemble): number[] {
  const words = li(K0, BLOCK);
  for (let rt = 0; rt < 32; rt++)
    if (rt !== K0 && rt !== K1) words.push(asm('sw', { base: K0, rt, offset: DUMP + rt * 4 }));
  const more = [
    ...(release < 6 ? [asm('mfhi', { rd: K1 }), asm('mflo', { rd: K1 })] : []),
    ...(fpu ? [asm('cfc1', { rt: K1, fs: 31 })] : []),
  ];
  for (const [i, word] of more.entries())
    words.push(word, asm('sw', { base: K0, rt: K1, offset: DUMP + (32 + i) * 4 }));
  if (fpu) for (let ft = 0; ft < 32; ft++) words.push(asm('sdc1', { base: K0, ft, offset: FPR_DUMP + ft * 8 }));
  words.push(...li(4, 1), ...li(5, BLOCK + SCRATCH), ...li(6, RESULT_BYTES), ...li(2, WRITE), asm('syscall'));
  return [...words, ...li(4, 0), ...li(2, EXIT), asm('syscall')];
}

/** The program of a random sequence, whose body has so many sequences; `cut` keeps only the first ones. */
export function randomCompressed(random: Random, isa: Isa, sequences: number, cut = sequences): CompressedProgram {
  const asm = assembler(isa);
  const before = prologue(random, isa, asm);
  const constants = Array.from({ length: (CONSTANTS_BYTES + SCRATCH_BYTES) / 8 }, () => constant(random));
  const compressed = new CompressedAssembler(isa);
  const writer = new Writer(random, compressed, asm);
  writer.write(sequences);
  const kept = writer.items.slice(0, writer.starts[cut]?.item);
  const padding = Array.from({ length: PADDING_BYTES / 2 }, () => compressed.nop);
  const image = new Uint8Array(IMAGE_BYTES);
  const view = new DataView(image.buffer);
  const little = isa.endian === 'le';
  const words = (at: number, list: readonly number[]): void =>
    list.forEach((word, i) => view.setUint32(at - CODE + i * 4, word >>> 0, little));
  words(CODE, before);
  words(END, epilogue(isa, asm));
  constants.forEach((value, i) => view.setBigUint64(BLOCK - CODE + i * 8, value, little));
  const at = place(view, BODY - CODE, [...kept, ...padding, ...writer.leave()], little);
  if (at > END - CODE) throw new RangeError('the program does not fit');
  const from = writer.starts[cut - 1]?.item ?? 0;
  return {
    isa,
    image,
    last: kept.slice(from).map(({ word, bytes, classic = false }, i) => ({
      word,
      bytes,
      pc: (BODY + writer.offsetOf(from + i)) | (classic ? 0 : 1),
    })),
    instructions: kept.length,
    sequences,
  };
}
