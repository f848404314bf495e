/** microMIPS: the DSP ASE, Revisions 1 and 2. */
import { bits, near, same, type Same } from './compressed.js';
import { row } from './dsp-lanes.js';
import type { Instruction } from './encoding.js';
import { and, geS } from './ir.js';

type Codes = readonly (readonly [name: string, code: number])[];

/** Rows of one form: the fields, and then the function in the low bits. */
const form = (fields: string, width: number, list: Codes, operands?: string): Same[] =>
  list.map(([name, code]) => same(name, `000000 ${fields} ${bits(code, width)}`, operands));

const THREE: Codes = [
  ['addq.ph', 0x00d],
  ['addq_s.ph', 0x40d],
  ['addq_s.w', 0x305],
  ['addsc', 0x385],
  ['addu.qb', 0x0cd],
  ['addu_s.qb', 0x4cd],
  ['addwc', 0x3c5],
  ['cmpgu.eq.qb', 0x0c5],
  ['cmpgu.le.qb', 0x145],
  ['cmpgu.lt.qb', 0x105],
  ['modsub', 0x295],
  ['muleq_s.w.phl', 0x025],
  ['muleq_s.w.phr', 0x065],
  ['muleu_s.ph.qbl', 0x095],
  ['muleu_s.ph.qbr', 0x0d5],
  ['mulq_rs.ph', 0x115],
  ['packrl.ph', 0x1ad],
  ['pick.ph', 0x22d],
  ['pick.qb', 0x1ed],
  ['precrq.ph.w', 0x0ed],
  ['precrq.qb.ph', 0x0ad],
  ['precrq_rs.ph.w', 0x12d],
  ['precrqu_s.qb.ph', 0x16d],
  ['subq.ph', 0x20d],
  ['subq_s.ph', 0x60d],
  ['subq_s.w', 0x345],
  ['subu.qb', 0x2cd],
  ['subu_s.qb', 0x6cd],
  // Revision 2
  ['addqh.ph', 0x04d],
  ['addqh_r.ph', 0x44d],
  ['addqh.w', 0x08d],
  ['addqh_r.w', 0x48d],
  ['addu.ph', 0x10d],
  ['addu_s.ph', 0x50d],
  ['adduh.qb', 0x14d],
  ['adduh_r.qb', 0x54d],
  ['cmpgdu.eq.qb', 0x185],
  ['cmpgdu.lt.qb', 0x1c5],
  ['cmpgdu.le.qb', 0x205],
  ['mul.ph', 0x02d],
  ['mul_s.ph', 0x42d],
  ['mulq_rs.w', 0x195],
  ['mulq_s.ph', 0x155],
  ['mulq_s.w', 0x1d5],
  ['precr.qb.ph', 0x06d],
  ['subu.ph', 0x30d],
  ['subu_s.ph', 0x70d],
  ['subuh.qb', 0x34d],
  ['subuh_r.qb', 0x74d],
  ['subqh.ph', 0x24d],
  ['subqh_r.ph', 0x64d],
  ['subqh.w', 0x28d],
  ['subqh_r.w', 0x68d],
];

/** The amount of the shift in a register. */
const SHIFTS_BY_REGISTER: Codes = [
  ['shllv.ph', 0x38d],
  ['shllv_s.ph', 0x78d],
  ['shllv.qb', 0x395],
  ['shllv_s.w', 0x3d5],
  ['shrav.ph', 0x18d],
  ['shrav_r.ph', 0x58d],
  ['shrav_r.w', 0x2d5],
  ['shrlv.qb', 0x355],
  ['shrav.qb', 0x1cd],
  ['shrav_r.qb', 0x5cd],
  ['shrlv.ph', 0x315],
];

const CONVERSIONS: Codes = [
  ['absq_s.ph', 0x113c],
  ['absq_s.w', 0x213c],
  ['absq_s.qb', 0x013c],
  ['bitrev', 0x313c],
  ['preceq.w.phl', 0x513c],
  ['preceq.w.phr', 0x613c],
  ['precequ.ph.qbl', 0x713c],
  ['precequ.ph.qbla', 0x733c],
  ['precequ.ph.qbr', 0x913c],
  ['precequ.ph.qbra', 0x933c],
  ['preceu.ph.qbl', 0xb13c],
  ['preceu.ph.qbla', 0xb33c],
  ['preceu.ph.qbr', 0xd13c],
  ['preceu.ph.qbra', 0xd33c],
  ['replv.ph', 0x033c],
  ['replv.qb', 0x133c],
];

const COMPARISONS: Codes = [
  ['cmp.eq.ph', 0x0005],
  ['cmp.lt.ph', 0x0045],
  ['cmp.le.ph', 0x0085],
  ['cmpu.eq.qb', 0x0245],
  ['cmpu.lt.qb', 0x0285],
  ['cmpu.le.qb', 0x02c5],
];

const ACCUMULATIONS: Codes = [
  ['dpaq_sa.l.w', 0x12bc],
  ['dpaq_s.w.ph', 0x02bc],
  ['dpau.h.qbl', 0x20bc],
  ['dpau.h.qbr', 0x30bc],
  ['dpsq_sa.l.w', 0x16bc],
  ['dpsq_s.w.ph', 0x06bc],
  ['dpsu.h.qbl', 0x24bc],
  ['dpsu.h.qbr', 0x34bc],
  ['maq_sa.w.phl', 0x3a7c],
  ['maq_sa.w.phr', 0x2a7c],
  ['maq_s.w.phl', 0x1a7c],
  ['maq_s.w.phr', 0x0a7c],
  ['mulsaq_s.w.ph', 0x3cbc],
  // Revision 2
  ['dpa.w.ph', 0x00bc],
  ['dpaqx_s.w.ph', 0x22bc],
  ['dpaqx_sa.w.ph', 0x32bc],
  ['dpax.w.ph', 0x10bc],
  ['dps.w.ph', 0x04bc],
  ['dpsqx_s.w.ph', 0x26bc],
  ['dpsqx_sa.w.ph', 0x36bc],
  ['dpsx.w.ph', 0x14bc],
  ['mulsa.w.ph', 0x2cbc],
];

/** Extractions from an accumulator, by an amount and by a register. */
const EXTRACTIONS = [
  ['extr', '.w', 0x0e7c, 0x0ebc],
  ['extr', '_r.w', 0x1e7c, 0x1ebc],
  ['extr', '_rs.w', 0x2e7c, 0x2ebc],
  ['extr', '_s.h', 0x3e7c, 0x3ebc],
  ['extp', '', 0x267c, 0x28bc],
  ['extpdp', '', 0x367c, 0x38bc],
] as const;

/** What multiplies into HI and LO and moves them, with one of the four accumulators. */
const WITH_ACCUMULATOR: readonly Same[] = [
  ...form(
    'rt rs ac',
    14,
    [
      ['mult', 0x0cbc],
      ['multu', 0x1cbc],
      ['madd', 0x0abc],
      ['maddu', 0x1abc],
      ['msub', 0x2abc],
      ['msubu', 0x3abc],
    ],
    'ac,rs,rt',
  ),
  ...form(
    '00000 rd ac',
    14,
    [
      ['mfhi', 0x007c],
      ['mflo', 0x107c],
    ],
    'rd,ac',
  ),
  ...form(
    '00000 rs ac',
    14,
    [
      ['mthi', 0x207c],
      ['mtlo', 0x307c],
    ],
    'rs,ac',
  ),
];

export const MICROMIPS_DSP: readonly Same[] = [
  ...form('rt rs rd', 11, [...THREE, ...SHIFTS_BY_REGISTER]),
  ...form('rd rt', 16, CONVERSIONS),
  ...form('rd rs', 16, [['raddu.w.qb', 0xf13c]]),
  ...form('rt rs', 16, [['insv', 0x413c], ...COMPARISONS]),
  ...form('rt rs ac', 14, ACCUMULATIONS),
  ...EXTRACTIONS.flatMap(([stem, suffix, byAmount, byRegister]) => [
    ...form('rt sa ac', 14, [[`${stem}${suffix}`, byAmount]]),
    ...form('rt rs ac', 14, [[`${stem}v${suffix}`, byRegister]]),
  ]),
  ...form('rd rt sa<3:0>', 12, [
    ['shll.ph', 0x3b5],
    ['shll_s.ph', 0xbb5],
    ['shra.ph', 0x335],
    ['shra_r.ph', 0x735],
    ['shrl.ph', 0x3fc],
  ]),
  ...form('rd rt sa<2:0>', 13, [
    ['shll.qb', 0x087c],
    ['shrl.qb', 0x187c],
    ['shra.qb', 0x01fc],
    ['shra_r.qb', 0x11fc],
  ]),
  ...form('rd rt sa', 11, [
    ['shll_s.w', 0x3f5],
    ['shra_r.w', 0x2f5],
  ]),
  ...form('rt rs sa', 11, [
    ['append', 0x215],
    ['prepend', 0x255],
    ['precr_sra.ph.w', 0x3cd],
    ['precr_sra_r.ph.w', 0x7cd],
  ]),
  ...form('rt rs sa<1:0>', 14, [['balign', 0x08bc]]),
  ...form('index base rd', 11, [
    ['lbux', 0x225],
    ['lhx', 0x165],
    ['lwx', 0x1a5],
  ]),
  ...form('rd 0 imm<5:0>', 14, [['rddsp', 0x067c]]),
  ...form('rs 0 imm<5:0>', 14, [['wrdsp', 0x167c]]),
  ...form('imm<9:0> rd', 11, [['repl.ph', 0x03d]]),
  ...form('rd imm<7:0>', 13, [['repl.qb', 0x05fc]]),
  ...form('0000 sa<5:0> ac', 14, [['shilo', 0x001d]]),
  ...form('00000 rs ac', 14, [
    ['shilov', 0x127c],
    ['mthlip', 0x027c],
  ]),
  ...WITH_ACCUMULATOR,
];

export const MICROMIPS_DSP_UNTIL_RELEASE_5: readonly Instruction[] = [
  row(1, 32, 'bposge32', '010000 11011 00000 offset<16:1>', 'near', (m, { offset }) =>
    m.branch(geS(and(m.special('dspControl'), m.isa.bits === 64 ? 0x7f : 0x3f), 32), near(m, offset)),
  ),
];
