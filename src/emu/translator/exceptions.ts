/**
 * SYSCALL, ERET, and moves from and to registers of coprocessor 0 that nothing depends on, done in place where they are no more
 * than they seem (../cpu/exceptions.ts, Exceptions.announce). All else, such as a system call within a handler or a return
 * with an interrupt pending, is the interpreter's. A system call is a call of the handler, which probably returns behind it.
 */
import { CAUSE, CP0, STATUS } from '../cpu/registers.js';
import { EXCEPTION } from '../isa/exceptions.js';
import {
  and,
  eqz,
  i32,
  ne,
  or,
  SPECIAL_TYPE,
  signExtend64,
  wrap,
  type Expr,
  type Special,
  type Statement,
} from '../isa/ir.js';
import { numberOf } from './fold.js';

type HostStatement = Extract<Statement, { kind: 'host' }>;

/** What is known of an instruction whose meaning is a call of the core's own code. */
export interface Situation {
  readonly width: 'i32' | 'i64';
  readonly isKernel: boolean;
}

const special = (name: Special): Expr => ({ kind: 'special', type: SPECIAL_TYPE[name], name });
const setSpecial = (name: Special, value: Expr): Statement => ({ kind: 'setSpecial', name, value });
const PC: Expr = { kind: 'pc', type: 'i32', branch: false };
const WORD: Expr = { kind: 'bits', type: 'i32', bits: { low: 0, width: 32 } };

const ofWidth = (value: Expr, width: 'i32' | 'i64'): Expr => (width === 'i32' ? wrap(value) : value);
const either = (...conditions: readonly Expr[]): Expr => conditions.reduce((a, b) => or(a, b));
const has = (value: Expr, bits: number): Expr => ne(and(value, bits), 0);

/** Condition: the core has not said that exceptions may be taken here. */
const isWithheld = eqz(wrap(special('vector')));
const otherwise = (condition: Expr, host: HostStatement): Statement => ({
  kind: 'if',
  condition,
  then: [host],
  otherwise: [],
});
const jump = (target: Expr): Statement => ({ kind: 'compactBranch', condition: undefined, target });

/** In kernel mode: within a handler, or with vectors in the boot ROM. With Status.ERL nothing is translated. */
const NOT_PLAIN = STATUS.EXL | STATUS.BEV;
const CAUSE_OF_OTHERS = ~(CAUSE.EXC | (3 << CAUSE.CE_SHIFT) | CAUSE.BD);

function systemCall(host: HostStatement, { width, isKernel }: Situation): readonly Statement[] | undefined {
  if (!isKernel) return undefined;
  const status = special('status');
  return [
    otherwise(either(isWithheld, has(status, NOT_PLAIN)), host),
    setSpecial('epc', signExtend64(PC)),
    setSpecial('cause', or(and(special('cause'), CAUSE_OF_OTHERS), EXCEPTION.Sys << CAUSE.EXC_SHIFT)),
    setSpecial('badInstr', WORD),
    setSpecial('status', or(status, STATUS.EXL)),
    jump(ofWidth(special('vector'), width)),
  ];
}

function returnFromException(host: HostStatement, { width, isKernel }: Situation): readonly Statement[] | undefined {
  if (!isKernel) return undefined;
  const status = special('status');
  const isElsewhere = ne(and(status, STATUS.KSU | STATUS.EXL), STATUS.EXL);
  const isInterrupted = has(and(special('pending'), status), STATUS.IM);
  return [
    otherwise(either(isWithheld, isElsewhere, isInterrupted), host),
    setSpecial('status', and(status, ~STATUS.EXL)),
    setSpecial('nested', i32(0)),
    setSpecial('linkAddress', i32(-1)),
    jump(ofWidth(special('epc'), width)),
  ];
}

/** Registers that are what was last put there. */
const READABLE: ReadonlyMap<number, Special> = new Map([
  [CP0.status, 'status'],
  [CP0.epc, 'epc'],
  [CP0.badVAddr, 'badVAddr'],
]);
const keyOf = ([register, select]: readonly Expr[]): number =>
  8 * (register === undefined ? NaN : (numberOf(register) ?? NaN)) +
  (select === undefined ? NaN : (numberOf(select) ?? NaN));

function moveFrom({ args, result }: HostStatement, { isKernel }: Situation): readonly Statement[] | undefined {
  const name = READABLE.get(keyOf(args));
  if (name === undefined || result === undefined || !isKernel) return undefined;
  return [{ kind: 'let', temp: result, value: wrap(special(name)) }];
}

function moveTo({ args }: HostStatement, { isKernel }: Situation): readonly Statement[] | undefined {
  const [, , value] = args;
  if (keyOf(args) !== CP0.epc || value === undefined || !isKernel) return undefined;
  return [setSpecial('epc', signExtend64(value))];
}

const IN_PLACE: Readonly<
  Record<string, (host: HostStatement, situation: Situation) => readonly Statement[] | undefined>
> = { syscall: systemCall, eret: returnFromException, mfc0: moveFrom, mtc0: moveTo };

/** The meaning of an instruction with what may be done in place; undefined: it has no such thing. */
export function inPlace(statements: readonly Statement[], situation: Situation): readonly Statement[] | undefined {
  const [first, ...rest] = statements;
  if (first?.kind !== 'host') return undefined;
  const own = IN_PLACE[first.call]?.(first, situation);
  return own && [...own, ...rest];
}

/** What a transfer leads to is a handler, as a system call does. */
export const leadsToHandler = ({ target }: { readonly target: Expr }): boolean =>
  isVector(target) || (target.kind === 'operator' && target.args.some(isVector));
const isVector = (expr: Expr): boolean => expr.kind === 'special' && expr.name === 'vector';
