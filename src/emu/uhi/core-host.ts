import { STATE } from '../layout.js';
import type { Context } from './context.js';
import type { UhiHost } from './host.js';
import type { UhiSession } from './session.js';

/** The part of a core that a call uses. */
export interface UhiCore {
  readonly littleEndian: boolean;
  readonly isa: { readonly bits: 32 | 64 };
  readonly uhi: UhiSession;
  readonly state: {
    gpr(number: number): number;
    setGpr(number: number, value: number): void;
    set(offset: number, value: number): void;
    get64(offset: number): bigint;
    set64(offset: number, value: bigint): void;
  };
  readonly events: {
    exit(code: number): void;
    output(text: string): boolean;
    fault(reason: string, registers: readonly string[]): void;
  };
  readPage(low: number, length: number, high: number): Uint8Array | undefined;
  writePage(low: number, length: number, high: number): Uint8Array | undefined;
  chargeHostService(): void;
  fail(why: string): void;
  stall(): void;
  stop(): void;
}

const word = (value: bigint): number => Number(BigInt.asIntN(32, value));
const upper = (value: bigint): number => word(value >> 32n);
const slot = (number: number): number => STATE.gpr + 8 * number;

/** A core as UHI sees it. */
export function hostOf(core: UhiCore): UhiHost {
  const { state, events, isa } = core;
  const wide = isa.bits === 64;
  return {
    littleEndian: core.littleEndian,
    bits: isa.bits,
    session: core.uhi,
    register: (number) => (wide ? BigInt.asIntN(64, state.get64(slot(number))) : BigInt(state.gpr(number))),
    setRegister: (number, value) => {
      if (wide) state.set64(slot(number), BigInt.asUintN(64, value));
      else state.setGpr(number, word(value));
    },
    readable: (va, length) => core.readPage(word(va), length, wide ? upper(va) : word(va) >> 31),
    writable: (va, length) => core.writePage(word(va), length, wide ? upper(va) : word(va) >> 31),
    output: (text) => events.output(text),
    stall: () => core.stall(),
    exit: (code) => {
      events.exit(code);
      core.stop();
    },
    crash: (why, context) => {
      if (context === undefined) {
        core.fail(why);
        return;
      }
      events.fault(why, context.lines);
      core.stop();
      keep(core, context);
    },
  };
}

/** Leaves the reported registers where Linux looks for those of a stopped core: a dump shows where the firmware failed. */
function keep({ state }: UhiCore, { general, named, status, cause }: Context): void {
  const put = (offset: number, value: bigint): void => state.set64(offset, BigInt.asUintN(64, value));
  general.forEach((value, number) => put(slot(number), value));
  put(STATE.pc, named.epc);
  put(STATE.badVAddr, named.badVAddr);
  put(STATE.hi, named.hi);
  put(STATE.lo, named.lo);
  state.set(STATE.status, status);
  state.set(STATE.cause, cause);
}
