/**
 * Makes the interpreter of an instruction set: WebAssembly functions generated from the instruction table that execute the
 * slice in STATE.budget. `run` executes words at even addresses (classic.ts); `runCompressed` executes microMIPS or MIPS16e
 * at odd ones (compressed.ts). Each returns when the slice is used up, when the core's own code has set STATE.leave, or
 * when the next address belongs to the other one. For instructions of a unit both call functions that execute one (unit.ts).
 */
import type { Unit } from '../isa/encoding.js';
import { instructions, type Encoding, type Instruction } from '../isa/index.js';
import type { Isa } from '../isa/isa.js';
import { ClassicInterpreter } from './classic.js';
import { CompressedInterpreter } from './compressed.js';
import { mayStandApart } from './decoder.js';
import { IMPORTS, type Target } from './interface.js';
import { encodeModule, FunctionBody } from './module.js';
import { UnitInterpreter } from './unit.js';

const LOOPS = {
  classic: { name: 'run', interpreter: ClassicInterpreter },
  compressed: { name: 'runCompressed', interpreter: CompressedInterpreter },
} as const;

const functionBody = (): FunctionBody => new FunctionBody({ params: ['i32'], results: [] });

/** The rows of each unit. */
function unitsOf(isa: Isa, encoding: Encoding): ReadonlyMap<Unit, Instruction[]> {
  const units = new Map<Unit, Instruction[]>();
  for (const row of instructions(isa, encoding))
    if (row.unit !== undefined && mayStandApart(row, isa)) units.set(row.unit, [...(units.get(row.unit) ?? []), row]);
  return units;
}

/** The interpreter's module. */
export function interpreterModule(target: Target): Uint8Array<ArrayBuffer> {
  const { isa } = target;
  const encodings: readonly Encoding[] = isa.compressed === 'none' ? ['classic'] : ['classic', 'compressed'];
  const units = encodings.map((encoding) => ({ encoding, rows: unitsOf(isa, encoding) }));
  const unitFunctions = units.flatMap(({ encoding, rows }) =>
    [...rows].map(([unit, list]) => {
      const body = functionBody();
      new UnitInterpreter(body, target, list).generate();
      return { name: `${encoding} ${unit}`, body };
    }),
  );
  let index = IMPORTS.length + encodings.length;
  const loops = units.map(({ encoding, rows }) => {
    const { name, interpreter: Interpreter } = LOOPS[encoding];
    const body = functionBody();
    new Interpreter(body, target, new Map([...rows.keys()].map((unit) => [unit, index++]))).generate();
    return { name, body };
  });
  return encodeModule({
    imports: IMPORTS,
    functions: [...loops, ...unitFunctions],
  });
}
