/**
 * A branch on a register that has just been set by a comparison (slt, sltu), as compilers make most of their conditions: V8 compares and
 * branches in one only if nobody else has a use for the comparison, and the register is one. So the branch gets another one, the inverse.
 */
import type { Expr } from '../isa/ir.js';
import { effectsOf } from './effects.js';
import { numberOf } from './fold.js';
import type { Step } from './step.js';

const INVERSE: Readonly<Record<string, string>> = {
  'i32.lt_s': 'i32.ge_s',
  'i32.lt_u': 'i32.ge_u',
  'i64.lt_s': 'i64.ge_s',
  'i64.lt_u': 'i64.ge_u',
};

/** The register that a condition asks whether it is 0 or not. */
function asked(condition: Expr): { readonly register: number; readonly isZero: boolean } | undefined {
  if (condition.kind !== 'operator') return undefined;
  const [value, other] = condition.args;
  const isZero = /^i(32|64)\.(eq|eqz)$/.test(condition.name);
  if (!isZero && !/^i(32|64)\.ne$/.test(condition.name)) return undefined;
  if (value?.kind !== 'gpr' || (other !== undefined && numberOf(other) !== 0)) return undefined;
  return { register: numberOf(value.number) ?? 0, isZero };
}

/** What a step sets a register to, if that is a comparison; on a core of 64 bits it is extended. */
function comparisonOf({ statements }: Step, register: number): Extract<Expr, { kind: 'operator' }> | undefined {
  const [set] = statements;
  if (statements.length !== 1 || set?.kind !== 'setGpr' || numberOf(set.number) !== register) return undefined;
  const { value } = set;
  const [inner] = value.kind === 'operator' && value.name.startsWith('i64.extend_i32_') ? value.args : [value];
  return inner?.kind === 'operator' && inner.name in INVERSE ? inner : undefined;
}

/** The inverse of the condition of the branch that is step `index` of a block, if it has one that is better. */
export function inverseOf(
  condition: Expr,
  steps: readonly Step[],
  index: number,
): { readonly inverse: Expr; readonly isInverted: boolean } | undefined {
  const question = asked(condition);
  if (question === undefined) return undefined;
  const bit = 1 << question.register;
  let changed = 0;
  for (let at = index - 1; at >= 0; at--) {
    const step = steps[at];
    if (step === undefined) return undefined;
    changed |= step.effects.sets;
    if ((step.effects.sets & bit) === 0) continue;
    const comparison = comparisonOf(step, question.register);
    const name = comparison && INVERSE[comparison.name];
    if (comparison === undefined || name === undefined) return undefined;
    const { uses } = effectsOf([{ kind: 'let', temp: { id: 0, type: 'i32', kind: 'temp' }, value: comparison }]);
    if ((uses & changed) !== 0) return undefined;
    return { inverse: { ...comparison, name }, isInverted: !question.isZero };
  }
  return undefined;
}
