/**
 * Linux programs that execute single floating-point instructions on many operands under qemu-user. A record is 64 bytes:
 * control register at 0, a general register at 4, operands at 16 (s), 32 (t) and 48 (d), of which control register and d are
 * replaced by what the instruction leaves. No assembler is needed, and the encodings are independent of the emulator's table.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Record {
  readonly control: number;
  readonly general?: number;
  readonly s: bigint;
  readonly t: bigint;
  readonly d: bigint;
}

export type Result = Pick<Record, 'control' | 'd'>;

export interface Block {
  readonly word: number;
  readonly records: readonly Record[];
}

/** Registers that the instructions of blocks name: s, t, and d, which is also the third operand; r is a copy of d. */
export const REGISTER = { s: 4, t: 6, d: 8, r: 10, general: 15 } as const;

export interface Target {
  readonly qemu: string;
  readonly cpu: string;
  /** e_flags and floating-point ABI of an executable that it takes. */
  readonly flags: number;
  readonly abi: number;
  readonly vector: boolean;
}

const ABI_O32 = 0x1000;
const ABI_N32 = 0x20;
const NAN2008 = 0x400;
const ARCH = { mips32r2: 0x70000000, mips64r2: 0x80000000, mips32r6: 0x90000000 } as const;

/** Val_GNU_MIPS_ABI_FP_DOUBLE, and _64: o32 with Status.FR = 1. */
const FP_DOUBLE = 1;
const FP_64 = 6;
const o32 = { qemu: 'qemu-mipsel', abi: FP_64, vector: false } as const;
export const TARGETS = {
  legacy: { ...o32, cpu: '24Kf', flags: ARCH.mips32r2 | ABI_O32 },
  nan2008: { ...o32, cpu: 'P5600', flags: ARCH.mips32r2 | ABI_O32 | NAN2008 },
  release6: { ...o32, cpu: 'mips32r6-generic', flags: ARCH.mips32r6 | ABI_O32 | NAN2008 },
  vector: { ...o32, cpu: 'P5600', flags: ARCH.mips32r2 | ABI_O32 | NAN2008, vector: true },
  paired: {
    qemu: 'qemu-mipsn32el',
    cpu: 'MIPS64R2-generic',
    flags: ARCH.mips64r2 | ABI_N32,
    abi: FP_DOUBLE,
    vector: false,
  },
} as const satisfies { readonly [name: string]: Target };

export const CODE = 0x400000;
export const DATA = 0x10000000;
export const RECORD_BYTES = 64;
const [ZERO, V0, A0, A1, A2, T0, T1, T2] = [0, 2, 4, 5, 6, 12, 13, 14];

const immediate = (opcode: number, base: number, rt: number, value: number): number =>
  ((opcode << 26) | (base << 21) | (rt << 16) | (value & 0xffff)) >>> 0;
const li = (rt: number, value: number): number[] => [
  immediate(0x0f, ZERO, rt, value >>> 16),
  immediate(0x0d, rt, rt, value),
];
const addiu = (rt: number, rs: number, value: number): number => immediate(0x09, rs, rt, value);
const lw = (rt: number, offset: number): number => immediate(0x23, T0, rt, offset);
const sw = (rt: number, offset: number): number => immediate(0x2b, T0, rt, offset);
const SYSCALL = 0x0000000c;
const NOP = 0;

/** How the two register files are reached. */
const SCALAR = {
  load: (register: number, offset: number) => immediate(0x35, T0, register, offset),
  store: (register: number, offset: number) => immediate(0x3d, T0, register, offset),
  toControl: 0x44c00000 | (T2 << 16) | (31 << 11),
  fromControl: 0x44400000 | (T2 << 16) | (31 << 11),
} as const;
const VECTOR = {
  load: (register: number, offset: number) => 0x78000023 | ((offset / 8) << 16) | (T0 << 11) | (register << 6),
  store: (register: number, offset: number) => 0x78000027 | ((offset / 8) << 16) | (T0 << 11) | (register << 6),
  toControl: 0x783e0019 | (T2 << 11) | (1 << 6),
  fromControl: 0x787e0019 | (1 << 11) | (T2 << 6),
} as const;

function code(target: Target, blocks: readonly Block[]): number[] {
  const { load, store, toControl, fromControl } = target.vector ? VECTOR : SCALAR;
  const words: number[] = li(T0, DATA);
  for (const { word, records } of blocks) {
    words.push(...li(T1, records.length));
    const loop = [
      ...[load(REGISTER.s, 16), load(REGISTER.t, 32), load(REGISTER.d, 48), load(REGISTER.r, 48)],
      ...[lw(REGISTER.general, 4), lw(T2, 0), toControl, word, fromControl, sw(T2, 0), store(REGISTER.d, 48)],
      ...[addiu(T1, T1, -1), addiu(T0, T0, RECORD_BYTES)],
    ];
    words.push(...loop, immediate(0x05, T1, ZERO, -loop.length - 1), NOP);
  }
  const total = blocks.reduce((sum, { records }) => sum + records.length, 0) * RECORD_BYTES;
  const [write, exit] = (target.flags & ABI_N32) !== 0 ? [6001, 6058] : [4004, 4001];
  words.push(...li(A0, 1), ...li(A1, DATA), ...li(A2, total), ...li(V0, write), SYSCALL);
  return [...words, ...li(A0, 0), ...li(V0, exit), SYSCALL];
}

const PAGE = 4096;
const HEADER = 52;
const SEGMENT = 32;
const PT_LOAD = 1;
const PT_MIPS_ABIFLAGS = 0x70000003;

function executable(target: Target, text: Uint8Array, data: Uint8Array): Uint8Array {
  const dataAt = PAGE + Math.ceil(text.length / PAGE) * PAGE;
  const file = new Uint8Array(dataAt + data.length);
  const view = new DataView(file.buffer);
  const words = (at: number, ...values: number[]): void =>
    values.forEach((value, i) => view.setUint32(at + i * 4, value, true));
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  words(16, 0x00080002, 1, CODE, HEADER, 0, target.flags, (SEGMENT << 16) | HEADER, 3);
  const flagsAt = HEADER + 3 * SEGMENT;
  words(HEADER, PT_MIPS_ABIFLAGS, flagsAt, CODE, CODE, 24, 24, 4, 8);
  words(HEADER + SEGMENT, PT_LOAD, PAGE, CODE, CODE, text.length, text.length, 5, PAGE);
  words(HEADER + 2 * SEGMENT, PT_LOAD, dataAt, DATA, DATA, data.length, data.length, 6, PAGE);
  // instruction set, sizes of registers: general, floating-point (64 bits), coprocessor 2
  file.set([32, 2, 1, 2, 0, target.abi], flagsAt + 2);
  file.set(text, PAGE);
  file.set(data, dataAt);
  return file;
}

export interface Image {
  /** To be loaded at CODE; begins with its first instruction, ends in system calls. */
  readonly text: Uint8Array;
  /** The records, at DATA. */
  readonly data: Uint8Array;
}

export function imageOf(target: Target, blocks: readonly Block[]): Image {
  const words = code(target, blocks);
  const text = new Uint8Array(words.length * 4);
  words.forEach((word, i) => new DataView(text.buffer).setUint32(i * 4, word >>> 0, true));
  const records = blocks.flatMap((block) => block.records);
  const data = new DataView(new ArrayBuffer(records.length * RECORD_BYTES));
  const set = (at: number, value: bigint): void => {
    data.setBigUint64(at, BigInt.asUintN(64, value), true);
    data.setBigUint64(at + 8, value >> 64n, true);
  };
  records.forEach(({ control, general = 0, s, t, d }, i) => {
    const at = i * RECORD_BYTES;
    data.setUint32(at, control, true);
    data.setUint32(at + 4, general, true);
    for (const [j, value] of [s, t, d].entries()) set(at + 16 + j * 16, value);
  });
  return { text, data: new Uint8Array(data.buffer) };
}

/** The results of every block's records, in order, from the data that the program left. */
export function resultsIn(data: Uint8Array, blocks: readonly Block[]): readonly (readonly Result[])[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let at = 0;
  return blocks.map((block) =>
    block.records.map(() => {
      const control = view.getUint32(at, true);
      const d = view.getBigUint64(at + 48, true) | (view.getBigUint64(at + 56, true) << 64n);
      at += RECORD_BYTES;
      return { control, d };
    }),
  );
}

export function runOnQemu(target: Target, blocks: readonly Block[]): readonly (readonly Result[])[] {
  const { text, data } = imageOf(target, blocks);
  const directory = mkdtempSync(join(tmpdir(), 'float-mips-'));
  try {
    const path = join(directory, 'program');
    writeFileSync(path, executable(target, text, data), { mode: 0o755 });
    return resultsIn(execFileSync(target.qemu, ['-cpu', target.cpu, path], { maxBuffer: data.length + PAGE }), blocks);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
