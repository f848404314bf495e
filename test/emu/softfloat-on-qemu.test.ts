/**
 * The exact arithmetic gives what qemu-user gives, instruction by instruction: results, Cause and Flags, in all rounding
 * modes, with and without flush to zero, and for MSA with every set of Enables. MIPS_FLOAT_RECORDS says how many operands
 * an instruction gets, MIPS_FLOAT_SEED chooses them.
 */
import fc from 'fast-check';
import t from 'tap';
import { installed } from '../support/fixtures.js';
import { beforeRelease6, paired, release6, scalarControl, vectors, type Case } from './float-cases.js';
import { runOnQemu, TARGETS, type Record, type Result, type Target } from './float-program.js';

const RECORDS = Number(process.env['MIPS_FLOAT_RECORDS'] ?? 300);
const SEED = Number(process.env['MIPS_FLOAT_SEED'] ?? 1);

function difference(one: Case, record: Record, actual: Result): string | undefined {
  const expected = one.expected(record);
  const mask = (1n << BigInt(one.width)) - 1n;
  if (expected.control >>> 0 === actual.control && ((expected.d ^ actual.d) & mask) === 0n) return undefined;
  const hex = (bits: bigint): string => bits.toString(16);
  const given = `${record.control.toString(16)}: ${hex(record.s)}, ${hex(record.t)}, ${hex(record.d)}`;
  return (
    `${one.name} ${given} gives ${hex(expected.d & mask)} ${(expected.control >>> 0).toString(16)}, ` +
    `on QEMU ${hex(actual.d & mask)} ${actual.control.toString(16)}`
  );
}

function check(title: string, target: Target, fixed: number, cases: readonly Case[]): void {
  const { qemu, cpu } = target;
  t.test(`${title}: -cpu ${cpu}`, { skip: installed(qemu) ? false : `${qemu} is not installed` }, (t) => {
    const blocks = cases.map(({ word, operands, controls = scalarControl(fixed) }, i) => ({
      word,
      records: fc.sample(
        fc.tuple(controls, operands).map(([control, rest]) => ({ control, ...rest })),
        { numRuns: RECORDS, seed: SEED * 1000 + i },
      ),
    }));
    const results = runOnQemu(target, blocks);
    for (const [i, one] of cases.entries()) {
      const records = blocks[i]?.records ?? [];
      const found = records.flatMap((record, j) => {
        const actual = results[i]?.[j];
        return actual === undefined ? ['no result'] : (difference(one, record, actual) ?? []);
      });
      t.equal(
        found.length,
        0,
        `${one.name}: ${records.length} operands${found.length === 0 ? '' : `; ${found.slice(0, 5).join('\n')}`}`,
      );
    }
    t.end();
  });
}

const NAN2008_AND_ABS2008 = 0x000c0000;
check('legacy NaNs', TARGETS.legacy, 0, beforeRelease6(false));
check('2008 NaNs', TARGETS.nan2008, NAN2008_AND_ABS2008, beforeRelease6(true));
check('Release 6', TARGETS.release6, NAN2008_AND_ABS2008, release6());
check('paired singles', TARGETS.paired, 0, paired());
check('MSA', TARGETS.vector, 0, vectors());
