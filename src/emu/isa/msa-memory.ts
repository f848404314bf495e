/** MSA: loads and stores of whole vectors, branches on them, control registers. */
import { branchTarget } from './control.js';
import type { Instruction } from './encoding.js';
import { apply, eqz, field, type Expr, type Meaning } from './ir.js';
import { address } from './memory.js';
import { FORMATS, row, type Format } from './msa-common.js';
import { arrange, on } from './vector.js';

/** A vector between memory order and elements: on a big-endian core every element's bytes are the other way round. */
function swapped(m: Meaning, { width }: Format, vector: Expr): Expr {
  if (m.isa.endian === 'le' || width === 8) return vector;
  const bytes = width / 8;
  return arrange(
    vector,
    Array.from({ length: 16 }, (_, i) => i - (i % bytes) + bytes - 1 - (i % bytes)),
  );
}

/** The offset counts elements. Vectors need not be aligned. */
const accesses: readonly Instruction[] = FORMATS.flatMap((format) => {
  const shift = Math.log2(format.width / 8);
  const pattern = (op: string): string => `offset<${9 + shift}:${shift}> base wd ${op} ${format.df}`;
  return [
    row(`ld.${format.name}`, pattern('1000'), 'wd,offset(base)', (m, { offset, base, wd }) =>
      m.setVector(wd, swapped(m, format, m.load(16, address(m, base, offset)))),
    ),
    row(`st.${format.name}`, pattern('1001'), 'wd,offset(base)', (m, { offset, base, wd }) =>
      m.store(16, address(m, base, offset), swapped(m, format, m.vector(wd))),
    ),
  ];
});

const COPROCESSOR_1 = '010001';

const branch = (name: string, op: string, condition: (vector: Expr) => Expr): Instruction =>
  row(
    name,
    `${op} wt offset`,
    'wt,branch',
    (m, { wt, offset }) => m.branch(condition(m.vector(wt)), branchTarget(m, offset)),
    COPROCESSOR_1,
  );

const anyBit = (vector: Expr): Expr => apply('v128.any_true', vector);

const branches: readonly Instruction[] = [
  branch('bz.v', '01011', (vector) => eqz(anyBit(vector))),
  branch('bnz.v', '01111', anyBit),
  ...FORMATS.flatMap((format) => [
    branch(`bz.${format.name}`, `110 ${format.df}`, (vector) => eqz(on(format, 'all_true', vector))),
    branch(`bnz.${format.name}`, `111 ${format.df}`, (vector) => on(format, 'all_true', vector)),
  ]),
];

const control: readonly Instruction[] = [
  row('cfcmsa', '0001 111110 cs rd 011001', 'rd,msacs', (m, { cs, rd }) =>
    m.setWord(rd, m.hostValue('cfcmsa', field(cs))),
  ),
  row('ctcmsa', '0000 111110 rs cd 011001', 'msacd,rs', (m, { rs, cd }) => m.host('ctcmsa', field(cd), m.word(rs))),
];

export const MSA_MEMORY: readonly Instruction[] = [...accesses, ...branches, ...control];
