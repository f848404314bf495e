import { exceptionName } from '../isa/index.js';
import { STATE } from '../layout.js';
import { CAUSE, CP0, STATUS } from './cp0.js';
import type { Core } from './core.js';

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

const STATUS_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [STATUS.BEV, 'BEV'],
  [STATUS.ERL, 'ERL'],
  [STATUS.EXL, 'EXL'],
  [STATUS.IE, 'IE'],
];

/** The registers of a core, a line each, in the layout of a MIPS kernel's oops. */
export function registerDump(core: Core): string[] {
  const { state, cp0 } = core;
  const cause = core.cause;
  const row = (first: number): string =>
    `$${String(first).padStart(2)}   : ${[0, 1, 2, 3].map((i) => word(state.gpr(first + i))).join(' ')}`;
  const flags = STATUS_NAMES.filter(([bit]) => (cp0.status & bit) !== 0).map(([, name]) => ` ${name}`);
  const mode = cp0.kernelMode ? 'KERNEL' : 'USER';
  const code = (cause & CAUSE.EXC) >>> 2;
  return [
    ...Array.from({ length: 8 }, (_, i) => row(i * 4)),
    `Hi    : ${word(state.get(STATE.hi))}`,
    `Lo    : ${word(state.get(STATE.lo))}`,
    `epc   : ${word(cp0.get(CP0.epc))}`,
    `pc    : ${word(state.address(STATE.current))} ${core.currentInstruction()}`,
    `ra    : ${word(state.gpr(31))}`,
    `Status: ${word(cp0.status)}  ${mode}${flags.join('')}`,
    `Cause : ${word(cause)} (ExcCode ${code.toString(16).padStart(2, '0')}, ${exceptionName(code, core.fetchFailed)})`,
    `BadVA : ${word(cp0.get(CP0.badVAddr))}`,
    `EBase : ${word(cp0.get(CP0.ebase))}`,
    `PrId  : ${word(cp0.get(CP0.prid))}`,
  ];
}
