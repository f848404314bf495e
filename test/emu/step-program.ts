/**
 * Programs that execute one instruction after the other on values of their own, and write down what each leaves, so that
 * a difference between two implementations names its instruction. The same image runs as a Linux program under qemu-user
 * and on a core.
 *
 *     CODE     the steps; then write(1, …) and exit(0)
 *     DATA     constants, then scratch memory for loads and stores
 *     RECORDS  what the steps write down
 */
import type { Isa } from '../../src/emu/isa/index.js';
import { assembler, li, type Assemble } from './core-bench.js';
import { CODE as PLACES, Random } from './random-program.js';

export const CODE = PLACES.user;
const DATA = CODE + 0x40000;
const CONSTANTS = 512;
const CONSTANT_BYTES = 16;
/** Over the border of two pages. */
const SCRATCH = CONSTANTS * CONSTANT_BYTES + 2048;
const SCRATCH_BYTES = 4096;
export const RECORDS = DATA + 0x4000;
export const IMAGE_BYTES = RECORDS - CODE + 0x20000;

/** Registers of the program's own; all others are free for the steps. */
export const BASE = 26;
export const TEMPORARY = 27;
export const RECORD = 30;
export const FREE_REGISTERS = Array.from({ length: 32 }, (_, i) => i).filter(
  (i) => ![BASE, TEMPORARY, RECORD].includes(i),
);

/** Numbers at the ends of lanes, and some in the middle. */
const EDGES = [0n, 1n, 2n, -1n, -2n];
function lane(random: Random, width: number): bigint {
  const size = BigInt(width);
  const top = 1n << (size - 1n);
  switch (random.below(4)) {
    case 0:
      return BigInt.asUintN(width, random.pick(EDGES) + random.pick([0n, top]));
    case 1:
      return BigInt.asUintN(width, random.pick(EDGES));
    case 2:
      return (
        BigInt.asUintN(width, 1n << BigInt(random.below(width))) ^ (random.below(2) === 0 ? 0n : (1n << size) - 1n)
      );
    default:
      return BigInt.asUintN(width, (BigInt(random.word()) << 32n) | BigInt(random.word()));
  }
}

/** 128 bits of lanes of some width. */
function constant(random: Random): bigint {
  const width = random.pick([8, 16, 32, 64]);
  let value = 0n;
  for (let i = 0; i < 128 / width; i++) value = (value << BigInt(width)) | lane(random, width);
  return value;
}

export interface Step {
  readonly text: string;
  /** Where its record begins, and the size. */
  readonly at: number;
  readonly bytes: number;
}

/** Writes the steps. Values that are loaded are kept as text, for the reader of a difference. */
export class StepWriter {
  readonly words: number[] = [];
  readonly steps: Step[] = [];
  readonly asm: Assemble;
  readonly constants: readonly bigint[];
  /** Distance of RECORD's value from where the records begin. */
  #recorded = 0;
  #stepAt = 0;
  #inputs: string[] = [];

  constructor(
    readonly random: Random,
    readonly isa: Isa,
    image = (random: Random): readonly bigint[] => Array.from({ length: CONSTANTS }, () => constant(random)),
  ) {
    this.asm = assembler(isa);
    this.constants = image(random);
    this.words.push(...li(BASE, DATA), ...li(RECORD, RECORDS));
  }

  emit(name: string, fields: Readonly<Record<string, number>> = {}): void {
    this.words.push(this.asm(name, fields));
  }

  note(text: string): void {
    this.#inputs.push(text);
  }

  /** Loads a constant of a word or, on a 64-bit core, a double word. */
  load(register: number, wide = false): void {
    const { random } = this;
    const index = random.below(CONSTANTS);
    this.emit(wide ? 'ld' : 'lw', { base: BASE, rt: register, offset: index * CONSTANT_BYTES });
    const little = this.isa.endian === 'le';
    const whole = this.constants[index] ?? 0n;
    const first = little ? whole : whole >> 64n;
    const value = wide ? BigInt.asUintN(64, first) : BigInt.asUintN(32, little ? first : first >> 32n);
    this.note(`$${register}=${value.toString(16)}`);
  }

  /** A word, as a constant of the program's own. */
  constantWord(register: number, value: number): void {
    this.words.push(...li(register, value));
  }

  /** One of the constants, and its offset from BASE. */
  anyConstant(): { readonly offset: number; readonly value: bigint } {
    const index = this.random.below(CONSTANTS);
    return { offset: index * CONSTANT_BYTES, value: this.constants[index] ?? 0n };
  }

  /** Offset of `size` bytes of scratch memory from BASE. */
  scratch(size: number, misaligned = false): number {
    const border = this.random.below(8) === 0;
    const at = border ? SCRATCH_BYTES / 2 - 32 : this.random.below(SCRATCH_BYTES / 16 - 4) * 16;
    return SCRATCH + at + (misaligned ? this.random.below(48) : this.random.below(16 / size) * size);
  }

  /** Makes room in the record for `bytes` bytes and gives their offset from RECORD's value. */
  record(bytes: 4 | 8 | 16): number {
    this.#recorded = Math.ceil(this.#recorded / bytes) * bytes;
    const at = this.#recorded;
    this.#recorded += bytes;
    return at;
  }

  recordRegister(register: number): void {
    const wide = this.isa.bits === 64;
    this.emit(wide ? 'sd' : 'sw', { base: RECORD, rt: register, offset: this.record(wide ? 8 : 4) });
  }

  finishStep(text: string): void {
    const bytes = Math.ceil(this.#recorded / 16) * 16;
    this.emit('addiu', { rs: RECORD, rt: RECORD, imm: bytes });
    this.steps.push({ text: `${text} (${this.#inputs.join(' ')})`, at: this.#stepAt, bytes });
    this.#stepAt += bytes;
    this.#recorded = 0;
    this.#inputs = [];
  }

  get recordedBytes(): number {
    return this.#stepAt;
  }
}

/** o32's and n64's. */
const SYSTEM_CALLS = { 32: { write: 4004, exit: 4001 }, 64: { write: 5001, exit: 5058 } } as const;

export interface StepProgram {
  readonly steps: readonly Step[];
  readonly image: Uint8Array;
  readonly recordedBytes: number;
}

export function finishProgram(writer: StepWriter): StepProgram {
  const { isa, words, constants, recordedBytes, random } = writer;
  const { write, exit } = SYSTEM_CALLS[isa.bits];
  words.push(...li(4, 1), ...li(5, RECORDS), ...li(6, recordedBytes), ...li(2, write), writer.asm('syscall'));
  words.push(...li(4, 0), ...li(2, exit), writer.asm('syscall'));
  if (words.length * 4 > DATA - CODE || RECORDS - CODE + recordedBytes > IMAGE_BYTES)
    throw new RangeError('the program does not fit');
  const image = new Uint8Array(IMAGE_BYTES);
  const view = new DataView(image.buffer);
  const little = isa.endian === 'le';
  words.forEach((word, i) => view.setUint32(i * 4, word >>> 0, little));
  constants.forEach((value, i) => {
    const at = DATA - CODE + i * CONSTANT_BYTES;
    view.setBigUint64(at + (little ? 0 : 8), BigInt.asUintN(64, value), little);
    view.setBigUint64(at + (little ? 8 : 0), value >> 64n, little);
  });
  for (let i = 0; i < SCRATCH_BYTES; i++) view.setUint8(DATA - CODE + SCRATCH + i, random.word());
  return { steps: writer.steps, image, recordedBytes };
}
