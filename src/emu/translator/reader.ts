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

/** Instructions that are remembered: regions overlap, and are found anew when something beside them gets hot. */
const LONGEST_MEMORY = 1 << 17;

const callsOf = (statements: readonly Statement[]): readonly string[] =>
  statements.flatMap((each) => {
    if (each.kind === 'host') return [each.call];
    return each.kind === 'if' ? [...callsOf(each.then), ...callsOf(each.otherwise)] : [];
  });

const isTransfer = (statement: Statement): statement is Transfer =>
  statement.kind === 'branch' || statement.kind === 'jump' || statement.kind === 'compactBranch';

const isPassed = (calls: readonly string[]): boolean => calls.length > 0 && calls.every((call) => PASSED.has(call));

/** Classic, short and long ones of a compressed set: the same bits mean something else in each. */
const encodingOf = (pc: number, bytes: 2 | 4): number => ((pc & 1) === 0 ? 0 : bytes / 2);

export class InstructionReader {
  /** By the word, as a signed number, which is found faster: most mean the same wherever they stand. Of each encoding: see `encodingOf`. */
  readonly #anywhere: readonly Map<number, Instruction>[] = [new Map(), new Map(), new Map()];
  /** By the place: those of which the meaning has an address in it. By the bytes from the branch whose delay slot it is. */
  readonly #placed: readonly Map<number, Instruction>[] = [new Map(), new Map(), new Map(), new Map(), new Map()];
  #remembered = 0;
  #status = 0;
  #isKernel = false;

  constructor(
    private readonly isa: Isa,
    private readonly decoder = new InstructionDecoder(isa),
  ) {}

  /** One that has read nothing yet. */
  unread(): InstructionReader {
    return new InstructionReader(this.isa, this.decoder);
  }

  /**
   * The instruction at `pc`; if that is a delay slot, with the address of its branch. `assumed` has the bits of Status that
   * are known. Undefined: reserved, or not to be fetched.
   */
  read(fetch: Read, pc: number, branchPc: number, { status, isKernel }: Assumed): Instruction | undefined {
    const fetched = this.decoder.fetch(pc, fetch);
    if (fetched === undefined) return undefined;
    const isSame = status === this.#status && isKernel === this.#isKernel;
    if (!isSame || this.#remembered > LONGEST_MEMORY) this.#forget();
    this.#status = status;
    this.#isKernel = isKernel;
    const { word, bytes } = fetched;
    const anywhere = this.#anywhere[encodingOf(pc, bytes)];
    const placed = this.#placed[pc - branchPc];
    const known = anywhere?.get(word | 0) ?? placed?.get(pc);
    if (known?.word === word && known.bytes === bytes) return known;
    const folder = new Folder({ word, pc, branchPc, statusMask: STATUS_MASK, status });
    const made = this.#make(fetched, pc, folder);
    if (made === undefined) return undefined;
    if (folder.hasPutInAddress) placed?.set(pc, made);
    else anywhere?.set(word | 0, made);
    this.#remembered++;
    return made;
  }

  #forget(): void {
    for (const map of [...this.#anywhere, ...this.#placed]) map.clear();
    this.#remembered = 0;
  }

  #make(fetched: Fetched, pc: number, folder: Folder): Instruction | undefined {
    const row = this.decoder.row(pc, fetched);
    if (row === undefined) return undefined;
    const meaning = folder.statements(this.decoder.meaning(row));
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
      word: fetched.word,
      bytes: fetched.bytes,
      statements,
      transfer,
      effects: isLast ? effects : { ...effects, isForeign: true },
      accesses: accessesOf(statements),
      isPassed: effects.isForeign && transfer === undefined && isPassed(callsOf(all)),
    };
  }
}
