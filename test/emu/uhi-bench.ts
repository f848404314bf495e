/** A firmware that makes UHI calls: registers and a few pages of memory, without a core. */
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressRange } from '../../src/emu/hardware.js';
import type { Context } from '../../src/emu/uhi/context.js';
import type { UhiHost } from '../../src/emu/uhi/host.js';
import { openDirectory, UhiSession } from '../../src/emu/uhi/index.js';
import { serve } from '../../src/emu/uhi/operations.js';

const PAGE = 4096;

/** Where the memory is: pages that can be written, then one that can only be read; nothing around them. */
export const MEMORY = 0x10000000;
export const PAGES = 4;
export const READ_ONLY = MEMORY + PAGES * PAGE;
export const MEMORY_END = READ_ONLY + PAGE;
export const NOWHERE = 0x20000000;

export interface CallerOptions {
  readonly bits?: 32 | 64;
  readonly littleEndian?: boolean;
  /** Directory that files are confined to. */
  readonly root?: string;
  readonly memory?: AddressRange;
}

interface Test {
  teardown(clean: () => void): void;
}

/** What a call leaves in $2 and $3; $3 is `untouched` before it. */
export interface Answer {
  readonly value: bigint;
  readonly errno: number;
}
export const UNTOUCHED = 77;

export class Caller implements UhiHost {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  readonly session: UhiSession;
  readonly bytes = new Uint8Array(new SharedArrayBuffer(MEMORY_END - MEMORY));
  readonly registers = new Map<number, bigint>();
  readonly exits: number[] = [];
  readonly crashes: { why: string; context: Context | undefined }[] = [];
  said = '';
  accept = true;
  stalled = false;

  constructor(t: Test, { bits = 32, littleEndian = true, root, memory }: CallerOptions = {}) {
    this.bits = bits;
    this.littleEndian = littleEndian;
    const fd = root === undefined ? undefined : openDirectory(root);
    this.session = new UhiSession({ root: fd, memory });
    t.teardown(() => {
      this.session.close();
      if (fd !== undefined) closeSync(fd);
    });
  }

  register(number: number): bigint {
    return this.registers.get(number) ?? 0n;
  }

  setRegister(number: number, value: bigint): void {
    this.registers.set(number, BigInt.asIntN(this.bits, value));
  }

  readable(va: bigint, length: number): Uint8Array | undefined {
    return this.#page(va, length, MEMORY_END);
  }

  writable(va: bigint, length: number): Uint8Array | undefined {
    return this.#page(va, length, READ_ONLY);
  }

  #page(va: bigint, length: number, end: number): Uint8Array | undefined {
    const address = Number(this.bits === 32 ? BigInt.asIntN(32, va) : va);
    if (address < MEMORY || address >= end) return undefined;
    const offset = address - MEMORY;
    return this.bytes.subarray(offset, offset + Math.min(length, PAGE - (offset % PAGE)));
  }

  output(text: string): boolean {
    if (this.accept) this.said += text;
    return this.accept;
  }

  stall(): void {
    this.stalled = true;
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  crash(why: string, context?: Context): void {
    this.crashes.push({ why, context });
  }

  /** Makes a call. Text is put into memory, each at a place of its own, and its address is the argument. */
  call(operation: number, ...args: readonly (number | bigint | string)[]): Answer {
    this.setRegister(3, BigInt(UNTOUCHED));
    this.setRegister(25, BigInt(operation));
    args.forEach((argument, index) => {
      this.setRegister(4 + index, typeof argument === 'string' ? this.#place(argument, index) : BigInt(argument));
    });
    serve(this);
    return { value: this.register(2), errno: Number(this.register(3)) };
  }

  /** `value`, or the number of the error as a negative one. */
  result(operation: number, ...args: readonly (number | bigint | string)[]): number {
    const { value, errno } = this.call(operation, ...args);
    return value === -1n ? -errno : Number(value);
  }

  text(address: number, length: number): string {
    return Buffer.from(this.bytes.slice(address - MEMORY, address - MEMORY + length)).toString('latin1');
  }

  put(address: number, data: string | Uint8Array): void {
    this.bytes.set(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, address - MEMORY);
  }

  #place(text: string, index: number): bigint {
    const address = MEMORY + (PAGES - 2) * PAGE + index * 2048;
    this.put(address, `${text}\0`);
    return BigInt(address);
  }
}

export const CALL = {
  exit: 1,
  open: 2,
  close: 3,
  read: 4,
  write: 5,
  lseek: 6,
  unlink: 7,
  fstat: 8,
  argc: 9,
  argnlen: 10,
  argn: 11,
  ramrange: 12,
  plog: 13,
  assert: 14,
  exception: 15,
  findfirst: 16,
  findnext: 17,
  findclose: 18,
  pread: 19,
  pwrite: 20,
  yield: 21,
  link: 22,
  bootFail: 23,
  break: 24,
} as const;

export const FLAG = { write: 1, readWrite: 2, append: 8, create: 0x200, truncate: 0x400, exclusive: 0x800 } as const;

/** A directory that goes with the test. */
export function scratchDirectory(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'mips-rprocfs-uhi-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}
