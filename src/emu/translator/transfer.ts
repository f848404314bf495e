/** What a transfer says of where it leads, and where it comes back to. */
import type { Expr, Statement } from '../isa/ir.js';
import { numberOf } from './fold.js';

export const RA = 31;

/** The return address that a transfer leaves in $31 or elsewhere; not a number: none, or not a plain one. */
export function linkOf(statements: readonly Statement[]): number | undefined {
  const set = statements.find((each) => each.kind === 'setGpr');
  if (set === undefined || numberOf(set.number) !== RA) return undefined;
  return numberOf(set.value);
}

/** The value of a temporary, or the expression itself. */
export function inPlaceOf(expr: Expr, statements: readonly Statement[]): Expr {
  if (expr.kind !== 'temp') return expr;
  const named = statements.find((each) => each.kind === 'let' && each.temp.id === expr.id);
  return named?.kind === 'let' ? named.value : expr;
}
