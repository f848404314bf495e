/** DSP ASE: comparisons of lanes, whose results are bits of DSPControl or of a register, and choices by those bits. */
import { collect, countOf, FUNCTION, OB, PH, PW, QB, QH, row, spread, type DspRow, type Lanes } from './dsp-lanes.js';
import { and, or, shl, shrU, type Expr, type Meaning } from './ir.js';
import { ZERO, choose, eachLane, on } from './vector.js';

const CONDITION_SHIFT = 24;
const CONDITIONS = [
  ['eq', '00'],
  ['lt', '01'],
  ['le', '10'],
] as const;

/** A bit for each lane, that of the lowest lane first. */
function compared(m: Meaning, lanes: Lanes, condition: 'eq' | 'lt' | 'le', a: Expr, b: Expr): Expr {
  const sign = condition === 'eq' ? '' : lanes.width === 8 ? '_u' : '_s';
  const bits = on(lanes, 'bitmask', on(lanes, `${condition}${sign}`, a, b));
  return m.let(and(bits, 2 ** countOf(lanes) - 1));
}

function setConditions(m: Meaning, lanes: Lanes, bits: Expr): void {
  const kept = ~((2 ** countOf(lanes) - 1) << CONDITION_SHIFT);
  m.setSpecial('dspControl', or(and(m.special('dspControl'), kept), shl(bits, CONDITION_SHIFT)));
}

const prefixOf = (lanes: Lanes): string => (lanes.width === 8 ? 'cmpu' : 'cmp');

const toControl = (lanes: Lanes, op: string): DspRow[] =>
  CONDITIONS.map(([condition, low]) =>
    row(
      1,
      lanes.bits,
      `${prefixOf(lanes)}.${condition}.${lanes.name}`,
      `011111 rs rt 00000 ${op} ${low} ${FUNCTION.compare[lanes.bits]}`,
      'rs,rt',
      (m, { rs, rt }) =>
        setConditions(m, lanes, compared(m, lanes, condition, spread(m, lanes, rs), spread(m, lanes, rt))),
    ),
  );

const toRegister = (lanes: Lanes, alsoToControl: boolean, op: string): DspRow[] =>
  CONDITIONS.map(([condition, low]) =>
    row(
      alsoToControl ? 2 : 1,
      lanes.bits,
      `cmpg${alsoToControl ? 'd' : ''}u.${condition}.${lanes.name}`,
      `011111 rs rt rd ${op} ${low} ${FUNCTION.compare[lanes.bits]}`,
      'rd,rs,rt',
      (m, { rs, rt, rd }) => {
        const bits = compared(m, lanes, condition, spread(m, lanes, rs), spread(m, lanes, rt));
        if (alsoToControl) setConditions(m, lanes, bits);
        m.setWord(rd, bits);
      },
    ),
  );

const pick = (lanes: Lanes, op: string): DspRow =>
  row(
    1,
    lanes.bits,
    `pick.${lanes.name}`,
    `011111 rs rt rd ${op} ${FUNCTION.compare[lanes.bits]}`,
    'rd,rs,rt',
    (m, { rs, rt, rd }) => {
      const conditions = on(lanes, 'splat', shrU(m.special('dspControl'), CONDITION_SHIFT));
      const mask = on(
        lanes,
        'ne',
        and(
          conditions,
          eachLane(lanes, (i) => 1n << BigInt(i)),
        ),
        ZERO,
      );
      collect(m, lanes.bits, rd, choose(mask, spread(m, lanes, rs), spread(m, lanes, rt)));
    },
  );

export const DSP_COMPARE: readonly DspRow[] = [
  ...[QB, OB].flatMap((lanes) => [
    ...toControl(lanes, '000'),
    pick(lanes, '00011'),
    ...toRegister(lanes, false, '001'),
    ...toRegister(lanes, true, '110'),
  ]),
  ...[PH, QH].flatMap((lanes) => [...toControl(lanes, '010'), pick(lanes, '01011')]),
  ...toControl(PW, '100'),
  pick(PW, '10011'),
];
