/**
 * Instructions of several loads or stores (LWM, SWM, LWP, SWP of microMIPS; SAVE, RESTORE of MIPS16e), arranged so that
 * translated code can do them: registers are set after the last access, so that each may still be left to the interpreter;
 * and addresses are named by the register that they come from, so that one check covers all of them.
 */
import { add, type Expr, type Statement } from '../isa/ir.js';
import { effectsOf, NONE } from './effects.js';
import { numberOf } from './fold.js';

const isPlainAccess = (statement: Statement): boolean =>
  (statement.kind === 'load' && statement.access === 'plain' && !statement.link) ||
  (statement.kind === 'store' && statement.access === 'plain' && statement.mask === undefined);

/** Other instructions are given as they are. */
export function arranged(statements: readonly Statement[]): readonly Statement[] {
  if (statements.filter(isPlainAccess).length < 2) return statements;
  const isKnown = statements.every((each) => each.kind === 'let' || each.kind === 'setGpr' || isPlainAccess(each));
  return isKnown && !readsWhatItSets(statements) ? withNamedAddresses(withRegistersLast(statements)) : statements;
}

/** Whether anything but the setting of a register needs one that has been set before. */
function readsWhatItSets(statements: readonly Statement[]): boolean {
  let set = NONE;
  return statements.some((each) => {
    const { uses, sets } = effectsOf([each]);
    set |= sets;
    return each.kind !== 'setGpr' && (uses & set) !== 0;
  });
}

const withRegistersLast = (statements: readonly Statement[]): Statement[] => [
  ...statements.filter(({ kind }) => kind !== 'setGpr'),
  ...statements.filter(({ kind }) => kind === 'setGpr'),
];

function withNamedAddresses(statements: readonly Statement[]): Statement[] {
  const places = new Map<number, Expr>();
  return statements.map((each) => {
    if (each.kind === 'let') {
      const place = placeOf(each.value, places);
      if (place !== undefined) places.set(each.temp.id, place);
    }
    const isAccess = each.kind === 'load' || each.kind === 'store';
    return isAccess ? { ...each, address: placeOf(each.address, places) ?? each.address } : each;
  });
}

/** As a register plus a constant, if it is one; `places` are temporaries that are. */
function placeOf(expr: Expr, places: ReadonlyMap<number, Expr>): Expr | undefined {
  if (expr.kind === 'gpr') return expr;
  if (expr.kind === 'temp') return places.get(expr.id);
  if (expr.kind !== 'operator' || !/\.(add|sub)$/.test(expr.name)) return undefined;
  const [base, offset] = expr.args;
  const by = offset && numberOf(offset);
  const place = base && placeOf(base, places);
  return place === undefined || by === undefined ? undefined : moved(place, expr.name.endsWith('sub') ? -by : by);
}

function moved(place: Expr, by: number): Expr {
  const [base, offset] = place.kind === 'operator' ? place.args : [place];
  const sum = by + (offset === undefined ? 0 : (numberOf(offset) ?? 0));
  if (base === undefined) throw new Error('a sum of nothing');
  return sum === 0 ? base : add(base, sum);
}
