/** Reads single instructions: what they mean at their place, and what that does to registers and memory. */
import type { Isa } from '../isa/index.js';
import type { Statement } from '../isa/ir.js';
import { arranged } from './arrange.js';
import { accessesOf, type Access } from './checks.js';
import { STATUS_MASK } from './context.js';
import { InstructionDecoder, type Fetched, type Read } from './decoder.js';
import { effectsOf, type Effects } from './effects.js';
import { Folder } from './fold.js';

export type Transfer = Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>;

export interface Instruction extends Fetched {
  /** Without the transfer. */
  readonly statements: readonly Statement[];
  readonly transfer: Transfer | undefined;
  readonly effects: Effects;
  /** At registers plus constants. */
  readonly accesses: readonly Access[];
}

/** More than the bytes of a branch, and their unit. */
const DISTANCES = 8;
/** Instructions that are remembered: regions overlap, and are found anew when something beside them gets hot. */
const LONGEST_MEMORY = 1 << 17;

const isTransfer = (statement: Statement): statement is Transfer =>
  statement.kind === 'branch' || statement.kind === 'jump' || statement.kind === 'compactBranch';

export class InstructionReader {
  readonly #decoder: InstructionDecoder;
  readonly #known = new Map<number, Instruction>();
  #status = 0;

  constructor(isa: Isa) {
    this.#decoder = new InstructionDecoder(isa);
  }

  /**
   * The instruction at `pc`; if that is a delay slot, with the address of its branch. `status` has the bits of Status that are
   * known. Undefined: reserved, or not to be fetched.
   */
  read(fetch: Read, pc: number, branchPc: number, status: number): Instruction | undefined {
    const fetched = this.#decoder.fetch(pc, fetch);
    if (fetched === undefined) return undefined;
    if (status !== this.#status || this.#known.size > LONGEST_MEMORY) this.#known.clear();
    this.#status = status;
    const key = DISTANCES * (pc >>> 0) + (pc - branchPc);
    const known = this.#known.get(key);
    // what lies beside a half word in its word may have changed
    if (known?.word === fetched.word && known.bytes === fetched.bytes) return { ...known, from: fetched.from };
    const made = this.#make(fetched, pc, branchPc, status);
    if (made !== undefined) this.#known.set(key, made);
    return made;
  }

  #make(fetched: Fetched, pc: number, branchPc: number, status: number): Instruction | undefined {
    const { word } = fetched;
    const row = this.#decoder.row(pc, fetched);
    if (row === undefined) return undefined;
    const folder = new Folder({ word, pc, branchPc, statusMask: STATUS_MASK, status });
    const all = arranged(folder.statements(this.#decoder.meaning(row)));
    const transfer = all.find(isTransfer);
    const effects = effectsOf(all);
    const isLast = transfer === undefined || all.at(-1) === transfer;
    const statements = all.filter((each) => each !== transfer);
    return {
      ...fetched,
      statements,
      transfer,
      effects: isLast ? effects : { ...effects, isForeign: true },
      accesses: accessesOf(statements),
    };
  }
}
