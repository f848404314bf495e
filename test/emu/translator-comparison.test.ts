/** Branches on registers that comparisons have set. */
import t from 'tap';
import type { Expr } from '../../src/emu/isa/ir.js';
import { inverseOf } from '../../src/emu/translator/comparison.js';
import { findRegion } from '../../src/emu/translator/region.js';
import { addiu, branch, END } from './both-engines.js';
import { asm, nop } from './core-bench.js';
import { sourceOf } from './region-source.js';

const [V0, A0, A1] = [2, 4, 5];
const slt = asm('slt', { rs: A0, rt: A1, rd: V0 });
const sltiu = asm('sltiu', { rs: A0, rt: V0, imm: 7 });

/** What the branch at the end of these words is given. */
function better(words: readonly number[], name: 'beq' | 'bne'): { name: string; isInverted: boolean } | undefined {
  const { blocks } = findRegion(sourceOf([...words, branch(name, { rs: V0 }, 2), nop, END, END], 0x1000), 0x1000);
  const steps = [...blocks.values()][0]?.steps ?? [];
  const index = words.length;
  const transfer = steps[index]?.transfer;
  const condition: Expr | undefined = transfer?.kind === 'branch' ? transfer.condition : undefined;
  const found = condition && inverseOf(condition, steps, index);
  return found && { name: found.inverse.kind === 'operator' ? found.inverse.name : '', isInverted: found.isInverted };
}

t.test('one that has just been made', (t) => {
  t.same(better([slt], 'bne'), { name: 'i32.ge_s', isInverted: true });
  t.same(better([slt], 'beq'), { name: 'i32.ge_s', isInverted: false });
  t.same(better([sltiu], 'bne'), { name: 'i32.ge_u', isInverted: true });
  t.same(better([nop, slt, nop, addiu(6, A0, 1)], 'bne'), { name: 'i32.ge_s', isInverted: true }, 'or a little before');
  t.end();
});

t.test('not if something has changed', (t) => {
  t.equal(better([slt, addiu(A0, A0, 1)], 'bne'), undefined, 'an operand');
  t.equal(better([slt, addiu(V0, V0, 1)], 'bne'), undefined, 'the result');
  t.equal(better([asm('slt', { rs: V0, rt: A1, rd: V0 })], 'bne'), undefined, 'an operand by the result');
  t.equal(better([nop], 'bne'), undefined, 'or nothing has been compared');
  t.end();
});
