/** What a core that can't go on leaves in the kernel log. */
import { EXCEPTION, exceptionName } from '../isa/exceptions.js';
import { STATE } from '../layout.js';
import type { Core } from './core.js';
import type { DumpLine } from './dump-line.js';
import { CAUSE, CP0, STATUS } from './registers.js';

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

const STATUS_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [STATUS.BEV, 'BEV'],
  [STATUS.ERL, 'ERL'],
  [STATUS.EXL, 'EXL'],
  [STATUS.IE, 'IE'],
];
const MODES = ['KERNEL', 'SUPERVISOR', 'USER'] as const;

const codeOf = ({ cp0 }: Core): number => (cp0.get(CP0.cause) & CAUSE.EXC) >>> CAUSE.EXC_SHIFT;

/** As many digits as a general register of the core has. */
const number = ({ cp0 }: Core, low: number, high: number): string =>
  cp0.has.wide ? word(high) + word(low) : word(low);

const control = (core: Core, key: number): string => number(core, core.cp0.get(key), core.cp0.getHigh(key));
const slot = (core: Core, offset: number): string => number(core, core.state.get(offset), core.state.get(offset + 4));

/** One line: what happened, where, and why there is no way on. `what` is for events that are no exception of Cause. */
export function faultReason(core: Core, why: string, what?: string): string {
  const code = codeOf(core);
  const hasAddress = what === undefined && code >= EXCEPTION.Mod && code <= EXCEPTION.AdES;
  const address = hasAddress ? `, address 0x${control(core, CP0.badVAddr)}` : '';
  const name = what ?? exceptionName(code, core.exceptions.fetchFailed);
  return `${name} at 0x${slot(core, STATE.current)}${address}: ${why}`;
}

/** Where the core is, and the instruction in execution, if it could be fetched. */
function currentLine(core: Core): DumpLine {
  const text = `pc    : ${slot(core, STATE.current)}`;
  if (core.exceptions.fetchFailed) return `${text} (cannot be read)`;
  const pc = core.state.get(STATE.current);
  const bits = core.state.get(STATE.word) >>> 0;
  return { text, bits, pc: pc >>> 0, bytes: (pc & 1) === 1 && isHalfWord(core, pc, bits) ? 2 : 4 };
}

/** A first half of zeros makes instructions of 32 bits too: microMIPS' SYSCALL 0. */
function isHalfWord(core: Core, pc: number, bits: number): boolean {
  if (bits >= 0x10000) return false;
  const at = core.mmu.findRam(pc & ~1, core.state.get(STATE.current + 4), 'fetch');
  return at < 0 || core.readCode(at, 2) === bits;
}

/** The registers of a core, a line each, in the layout of a MIPS kernel's oops. */
export function registerDump(core: Core): DumpLine[] {
  const { cp0, cause } = core;
  const row = (first: number): string =>
    `$${String(first).padStart(2)}   : ${[0, 1, 2, 3].map((i) => slot(core, STATE.gpr + 8 * (first + i))).join(' ')}`;
  const flags = STATUS_NAMES.filter(([bit]) => (cp0.status & bit) !== 0).map(([, name]) => ` ${name}`);
  const mode = MODES[core.mmu.segments.mode];
  const code = (cause & CAUSE.EXC) >>> CAUSE.EXC_SHIFT;
  const name = exceptionName(code, core.exceptions.fetchFailed);
  return [
    ...Array.from({ length: 8 }, (_, i) => row(i * 4)),
    `Hi    : ${slot(core, STATE.hi)}`,
    `Lo    : ${slot(core, STATE.lo)}`,
    `epc   : ${control(core, CP0.epc)}`,
    currentLine(core),
    `ra    : ${slot(core, STATE.gpr + 8 * 31)}`,
    `Status: ${word(cp0.status)}  ${mode}${flags.join('')}`,
    `Cause : ${word(cause)} (ExcCode ${code.toString(16).padStart(2, '0')}, ${name})`,
    `BadVA : ${control(core, CP0.badVAddr)}`,
    `EBase : ${control(core, CP0.ebase)}`,
    `PrId  : ${word(cp0.get(CP0.prid))}`,
  ];
}
