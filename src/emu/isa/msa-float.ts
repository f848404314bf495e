/** MSA: floating point, all of it by the core's exact arithmetic (../cpu/msa.ts). */
import type { Instruction } from './encoding.js';
import { field, i32 } from './ir.js';
import { row } from './msa-common.js';
import { OPERATIONS } from './msa-operations.js';

export const MSA_FLOAT: readonly Instruction[] = OPERATIONS.map(({ name, pattern, operands }, number) =>
  row(name, pattern, operands, (m, fields) =>
    m.host(
      'msaFp',
      i32(number),
      field(fields.wd),
      field(fields.ws),
      operands.includes('wt') ? field(fields.wt) : i32(0),
    ),
  ),
);
