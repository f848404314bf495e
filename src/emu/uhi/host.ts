import type { Context } from './context.js';
import type { UhiSession } from './session.js';

/** What UHI needs of the core that makes a call. Addresses are 64 bits, sign-extended; a 32-bit core ignores the upper half. */
export interface UhiHost {
  readonly littleEndian: boolean;
  readonly bits: 32 | 64;
  readonly session: UhiSession;
  /** A general register, sign-extended to 64 bits. */
  register(number: number): bigint;
  setRegister(number: number, value: bigint): void;
  /** Bytes from `va` to the end of its page, at most `length`, in place; undefined where the firmware may not read RAM. */
  readable(va: bigint, length: number): Uint8Array | undefined;
  /** The same for bytes that it may write. */
  writable(va: bigint, length: number): Uint8Array | undefined;
  /** Latin-1 text for the kernel log. False when Linux has not kept up with earlier output: the call is to be made again. */
  output(text: string): boolean;
  /** Leaves the call to be made again later. */
  stall(): void;
  /** The core stops; Linux is told the exit code. */
  exit(code: number): void;
  /** The core stops as by a crash, with the registers of a context or, without one, its own. */
  crash(why: string, context?: Context): void;
}
