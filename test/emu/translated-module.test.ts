/** Translated code on its own, with nobody behind its imports: what it is to do in place it does without them. */
import t from 'tap';
import { MIPS32R2 } from '../../src/emu/isa/index.js';
import { layoutOf, STATE, TABLE } from '../../src/emu/layout.js';
import { CoreState } from '../../src/emu/cpu/state.js';
import { instantiate } from '../../src/emu/translator/instantiate.js';
import { Translator, type Job } from '../../src/emu/translator/translator.js';
import { addiu, jump } from './both-engines.js';
import { asm, KSEG1, nop, PROGRAM, PROGRAM_PA, RAM } from './core-bench.js';

const [V0, A0, RA] = [2, 4, 31];
const at = (index: number): number => (PROGRAM + 4 * index) | 0;
const DATA_PA = 0x180000;
type Happening = 'callElsewhere' | 'interpret' | 'loadFromDevice';

/** A program whose functions at some places are translated, each in a module of its own. */
class Bare {
  readonly state: CoreState;
  readonly happened: string[] = [];
  readonly memory: WebAssembly.Memory;
  readonly #layout = layoutOf({ memory: RAM });
  readonly #table = new WebAssembly.Table({ initial: 8, element: 'anyfunc' });
  readonly #links = new Map<number, WebAssembly.Global>();
  deviceData = 0;

  constructor(words: readonly number[]) {
    const { pages } = this.#layout;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.state = new CoreState(this.#shared, this.#layout.coreState(1));
    this.state.set(STATE.tables, this.state.base + STATE.accessTables);
    // as if KSEG0 began at 0
    this.state.set(STATE.distances, 0x80000000 | 0);
    for (let page = 0; page < TABLE.entries; page++)
      for (const use of [TABLE.load, TABLE.store])
        this.state.set(STATE.accessTables + use + page * TABLE.entryBytes, TABLE.empty);
    new Int32Array(this.#shared).set(words, PROGRAM_PA / 4);
  }

  get #shared(): SharedArrayBuffer {
    const { buffer } = this.memory;
    if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('no shared memory');
    return buffer;
  }

  word(pa: number): Int32Array {
    return new Int32Array(this.#shared, pa, 1);
  }

  linkTo(address: number): WebAssembly.Global {
    const link = this.#links.get(address) ?? new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
    this.#links.set(address, link);
    return link;
  }

  load(entry: number, first: number, wanted: Partial<Job> = {}): (state: number) => void {
    const target = { isa: MIPS32R2, codeMap: this.#layout.codeMap, findsHotPlaces: true };
    const { bytes, entries } = new Translator(target, this.#shared).translate({
      ranges: [{ start: 0x80000000 | 0, bytes: RAM, pa: 0, isExecutable: true, isWritable: true }],
      ...{ status: 0, isKernel: true, entries: [entry], insisted: new Set(), functions: [entry] },
      ...{ returns: new Map(), elsewhere: [], known: [] },
      ...wanted,
    });
    t.same(entries, [entry]);
    const note = (name: Happening) => (): number => {
      this.happened.push(name);
      return name === 'loadFromDevice' ? this.deviceData : 0;
    };
    return instantiate(new WebAssembly.Module(bytes), {
      memory: this.memory,
      imports: {
        callElsewhere: note('callElsewhere'),
        interpret: note('interpret'),
        interpretCompressed: note('interpret'),
        loadFromDevice: note('loadFromDevice'),
      },
      ...{ table: this.#table, first, linkTo: (address) => this.linkTo(address) },
    }).dispatch;
  }

  /** From a function that is the first of the table on, until it returns. */
  run(dispatch: (state: number) => void, entry: number, registers: Readonly<Record<number, number>>): void {
    for (const [register, value] of Object.entries(registers))
      this.state.set(STATE.gpr + 8 * Number(register), value | 0);
    this.state.set(STATE.gpr + 8 * RA, at(1000));
    this.state.set(STATE.budget, 100_000);
    this.state.setAddress(STATE.pc, entry, -1);
    const hot = STATE.hot + ((entry >>> 2) & 4095) * 16;
    for (const [index, value] of [entry, 0, 1, 0].entries()) this.state.set(hot + 4 * index, value);
    dispatch(this.state.base);
  }

  gpr(register: number): number {
    return this.state.get(STATE.gpr + 8 * register);
  }
}

const ret = [asm('jr', { rs: RA }), nop];

t.test('an access in a page of the table', (t) => {
  const bare = new Bare([asm('lw', { rt: V0, base: A0 }), asm('sw', { rt: V0, base: A0, offset: 4 }), ...ret]);
  const dispatch = bare.load(at(0), 0, { elsewhere: [at(0), at(1)] });
  bare.word(DATA_PA)[0] = 77;
  for (const use of ['load', 'store'] as const) bare.state.rememberPage(0, use, (KSEG1 + DATA_PA) | 0, -1, DATA_PA);
  bare.run(dispatch, at(0), { [A0]: KSEG1 + DATA_PA });
  t.same([bare.gpr(V0), bare.word(DATA_PA + 4)[0], bare.happened], [77, 77, []]);
  t.equal(bare.state.get(STATE.pc), at(1000));
  bare.run(dispatch, at(0), { [A0]: KSEG1 + DATA_PA + 0x10000 });
  t.same(bare.happened, ['loadFromDevice', 'interpret'], 'in another page it is for others');
  t.end();
});

t.test('a load from a device', (t) => {
  const bare = new Bare([asm('lw', { rt: V0, base: A0 }), ...ret]);
  const dispatch = bare.load(at(0), 0, { elsewhere: [at(0)] });
  bare.deviceData = bare.state.base + STATE.deviceLoad;
  bare.state.set(STATE.deviceLoad, 55);
  bare.run(dispatch, at(0), { [A0]: KSEG1 + 0x1f000000 });
  t.same([bare.gpr(V0), bare.happened], [55, ['loadFromDevice']]);
  t.end();
});

t.test('a call of another module', (t) => {
  const CALLEE = 20;
  const words = [addiu(V0, RA, 0), jump('jal', at(CALLEE)), addiu(A0, A0, 1), addiu(RA, V0, 0), ...ret];
  while (words.length < CALLEE) words.push(nop);
  words.push(...Array.from({ length: 60 }, () => addiu(A0, A0, 2)), ...ret);
  const bare = new Bare(words);
  const dispatch = bare.load(at(0), 0, { functions: [at(0), at(CALLEE)], known: [at(CALLEE)] });
  bare.run(dispatch, at(0), { [A0]: 5 });
  t.same(bare.happened, ['callElsewhere'], 'one that is not there is looked for');
  bare.happened.length = 0;
  bare.load(at(CALLEE), 1, { functions: [at(0), at(CALLEE)] });
  bare.linkTo(at(CALLEE)).value = 2;
  bare.run(dispatch, at(0), { [A0]: 5 });
  t.same([bare.gpr(A0), bare.happened], [126, []], 'and goes by its link when it is');
  t.equal(bare.state.get(STATE.pc), at(1000));
  t.end();
});
