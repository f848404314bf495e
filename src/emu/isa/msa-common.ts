/** What the rows of MSA are made with: element formats, and when the vectors may be used. */
import { insn, type Fields, type Instruction } from './encoding.js';
import { EXCEPTION } from './exceptions.js';
import { and, eq, eqz, signExtend64, type Expr, type Meaning } from './ir.js';
import { on, type Lanes } from './vector.js';

/** Elements by the letter that instructions end in, and its code. */
export interface Format extends Lanes {
  readonly name: 'b' | 'h' | 'w' | 'd';
  readonly df: string;
}

export const B: Format = { name: 'b', df: '00', width: 8, shape: 'i8x16' };
export const H: Format = { name: 'h', df: '01', width: 16, shape: 'i16x8' };
export const W: Format = { name: 'w', df: '10', width: 32, shape: 'i32x4' };
export const D: Format = { name: 'd', df: '11', width: 64, shape: 'i64x2' };
export const FORMATS = [B, H, W, D] as const;

/** Elements half as wide, of what has elements of 16 bits or more. */
export const halfOf = ({ width }: Format): Format => (width === 16 ? B : width === 32 ? H : W);

const STATUS_CU1 = 1 << 29;
const STATUS_FR = 1 << 26;

/** Vectors overlay floating-point registers of 64 bits: with the narrow ones in use, MSA is reserved. */
function need(m: Meaning): void {
  m.raiseIf(eq(and(m.special('status'), STATUS_CU1 | STATUS_FR), STATUS_CU1), EXCEPTION.RI);
  m.raiseIf(eqz(m.special('msaEnabled')), EXCEPTION.MSADis);
}

const MSA = '011110';

export const row = (
  name: string,
  pattern: string,
  operands: string,
  describe: (m: Meaning, fields: Fields) => void,
  major = MSA,
): Instruction =>
  insn(name, `${major} ${pattern}`, operands, (m, fields) => {
    need(m);
    describe(m, fields);
  });

/** The value of wd from temporaries with ws, wt and the old wd. */
export type Three = (m: Meaning, format: Format, s: Expr, t: Expr, d: Expr) => Expr;

/** Three vector registers. */
export const three = (
  name: string,
  op: string,
  minor: string,
  of: Three,
  formats: readonly Format[] = FORMATS,
): Instruction[] =>
  formats.map((format) =>
    row(`${name}.${format.name}`, `${op} ${format.df} wt ws wd ${minor}`, 'wd,ws,wt', (m, { wt, ws, wd }) =>
      m.setVector(wd, of(m, format, m.let(m.vector(ws)), m.let(m.vector(wt)), m.let(m.vector(wd)))),
    ),
  );

/** A number of 32 bits in every element, sign-extended or cut to its width. */
export const splat = (format: Format, value: Expr): Expr =>
  on(format, 'splat', format.width === 64 && value.type === 'i32' ? signExtend64(value) : value);

/** `df/m`: the format and a bit's number in one field. */
export const BIT_NUMBER = { b: '1110 sa<2:0>', h: '110 sa<3:0>', w: '10 sa<4:0>', d: '0 sa<5:0>' } as const;
/** `df/n`: the format and an element's number. */
export const ELEMENT_NUMBER = { b: '00 n<3:0>', h: '100 n<2:0>', w: '1100 n<1:0>', d: '11100 n<0>' } as const;
