/** Reads single instructions: what they mean at their place, and what that does to registers and memory. */
import type { Isa } from '../isa/index.js';
import type { Statement } from '../isa/ir.js';
import { accessesOf, type Access } from './checks.js';
import { STATUS_MASK } from './context.js';
import { WordDecoder } from './decoder.js';
import { effectsOf, type Effects } from './effects.js';
import { Folder } from './fold.js';

export type Transfer = Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>;

export interface Instruction {
  readonly word: number;
  /** Without the transfer. */
  readonly statements: readonly Statement[];
  readonly transfer: Transfer | undefined;
  readonly effects: Effects;
  /** At registers plus constants. */
  readonly accesses: readonly Access[];
}

/** Instructions that are remembered: regions overlap, and are found anew when something beside them gets hot. */
const LONGEST_MEMORY = 1 << 17;

const isTransfer = (statement: Statement): statement is Transfer =>
  statement.kind === 'branch' || statement.kind === 'jump' || statement.kind === 'compactBranch';

export class InstructionReader {
  readonly #decoder: WordDecoder;
  readonly #known = new Map<number, Instruction | undefined>();
  #status = 0;

  constructor(isa: Isa) {
    this.#decoder = new WordDecoder(isa);
  }

  /**
   * The instruction `word` at `pc`; if that is a delay slot, with the address of its branch. `status` has the bits of Status
   * that are known. Undefined: reserved.
   */
  read(word: number, pc: number, branchPc: number, status: number): Instruction | undefined {
    if (status !== this.#status || this.#known.size > LONGEST_MEMORY) this.#known.clear();
    this.#status = status;
    const key = 2 * (pc >>> 0) + (pc === branchPc ? 0 : 1);
    const known = this.#known.get(key);
    if (known !== undefined && known.word === word) return known;
    const made = this.#make(word, pc, branchPc, status);
    this.#known.set(key, made);
    return made;
  }

  #make(word: number, pc: number, branchPc: number, status: number): Instruction | undefined {
    const row = this.#decoder.row(word);
    if (row === undefined) return undefined;
    const folder = new Folder({ word, pc, branchPc, statusMask: STATUS_MASK, status });
    const all = folder.statements(this.#decoder.meaning(row));
    const transfer = all.find(isTransfer);
    const effects = effectsOf(all);
    const isLast = transfer === undefined || all.at(-1) === transfer;
    const statements = all.filter((each) => each !== transfer);
    return {
      word,
      statements,
      transfer,
      effects: isLast ? effects : { ...effects, isForeign: true },
      accesses: accessesOf(statements),
    };
  }
}
