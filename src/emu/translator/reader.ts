/** Reads single instructions: what they mean at their place, and what that does to registers and memory. */
import type { Isa } from '../isa/index.js';
import type { Statement } from '../isa/ir.js';
import { arranged } from './arrange.js';
import { accessesOf, type Access } from './checks.js';
import { STATUS_MASK, type Context } from './context.js';
import { InstructionDecoder, type Fetched, type Read } from './decoder.js';
import { effectsOf, type Effects } from './effects.js';
import { inPlace } from './exceptions.js';
import { Folder } from './fold.js';
import type { HostCall } from '../wasm/interface.js';

/** What is known wherever it is read. */
export type Assumed = Pick<Context, 'status' | 'isKernel'>;
export type Transfer = Extract<Statement, { kind: 'branch' | 'jump' | 'compactBranch' }>;

export interface Instruction extends Fetched {
  /** Without the transfer. */
  readonly statements: readonly Statement[];
  readonly transfer: Transfer | undefined;
  readonly effects: Effects;
  /** At registers plus constants. */
  readonly accesses: readonly Access[];
  /** It is the interpreter's, and a region goes on behind it. */
  readonly isPassed: boolean;
}

/** Calls of the host that do not lead anywhere else, unless something asks to leave. */
const PASSED: ReadonlySet<string> = new Set<HostCall>([
  ...(['privileged', 'rdhwr', 'mfc0', 'dmfc0', 'mfhc0', 'mtc0', 'dmtc0', 'mthc0', 'interruptEnable'] as const),
  ...(['cfc1', 'ctc1'] as const),
]);

/** More than the bytes of a branch, and their unit. */
const DISTANCES = 8;
/** Instructions that are remembered: regions overlap, and are found anew when something beside them gets hot. */
const LONGEST_MEMORY = 1 << 17;
const WORDS = 2 ** 32;

const callsOf = (statements: readonly Statement[]): readonly string[] =>
  statements.flatMap((each) => {
    if (each.kind === 'host') return [each.call];
    return each.kind === 'if' ? [...callsOf(each.then), ...callsOf(each.otherwise)] : [];
  });

const isTransfer = (statement: Statement): statement is Transfer =>
  statement.kind === 'branch' || statement.kind === 'jump' || statement.kind === 'compactBranch';

const isPassed = (calls: readonly string[]): boolean => calls.length > 0 && calls.every((call) => PASSED.has(call));

export class InstructionReader {
  readonly #decoder: InstructionDecoder;
  /** By the word: most mean the same wherever they stand. */
  readonly #anywhere = new Map<number, Instruction>();
  /** By the place: those of which the meaning has an address in it. */
  readonly #placed = new Map<number, Instruction>();
  #status = 0;
  #isKernel = false;

  constructor(private readonly isa: Isa) {
    this.#decoder = new InstructionDecoder(isa);
  }

  /**
   * The instruction at `pc`; if that is a delay slot, with the address of its branch. `assumed` has the bits of Status that
   * are known. Undefined: reserved, or not to be fetched.
   */
  read(fetch: Read, pc: number, branchPc: number, { status, isKernel }: Assumed): Instruction | undefined {
    const fetched = this.#decoder.fetch(pc, fetch);
    if (fetched === undefined) return undefined;
    const isSame = status === this.#status && isKernel === this.#isKernel;
    if (!isSame || this.#anywhere.size + this.#placed.size > LONGEST_MEMORY) {
      this.#anywhere.clear();
      this.#placed.clear();
    }
    this.#status = status;
    this.#isKernel = isKernel;
    const { word, bytes } = fetched;
    const key = WORDS * ((pc & 1) * bytes) + (word >>> 0);
    const place = DISTANCES * (pc >>> 0) + (pc - branchPc);
    const known = this.#anywhere.get(key) ?? this.#placed.get(place);
    if (known?.word === word && known.bytes === bytes) return known;
    const folder = new Folder({ word, pc, branchPc, statusMask: STATUS_MASK, status });
    const made = this.#make(fetched, pc, folder);
    if (made === undefined) return undefined;
    if (folder.hasPutInAddress) this.#placed.set(place, made);
    else this.#anywhere.set(key, made);
    return made;
  }

  #make(fetched: Fetched, pc: number, folder: Folder): Instruction | undefined {
    const row = this.#decoder.row(pc, fetched);
    if (row === undefined) return undefined;
    const meaning = folder.statements(this.#decoder.meaning(row));
    const own = inPlace(meaning, {
      width: this.isa.bits === 64 ? 'i64' : 'i32',
      isKernel: this.#isKernel,
    });
    const all = arranged(own === undefined ? meaning : folder.statements(own));
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
      isPassed: effects.isForeign && transfer === undefined && isPassed(callsOf(all)),
    };
  }
}
