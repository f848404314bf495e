/** The translator's thread without a thread: memory with some functions in it, at any physical address. */
import { MIPS32R2 } from '../../src/emu/isa/index.js';
import { layoutOf } from '../../src/emu/layout.js';
import type { CompiledTranslation } from '../../src/emu/translator/library.js';
import { SharedTranslator } from '../../src/emu/translator/shared-translator.js';
import type { TranslationCache } from '../../src/emu/translator/translation-cache.js';
import { Translator, type Job } from '../../src/emu/translator/translator.js';
import { asm } from './core-bench.js';

const RAM = 4 << 20;
const RANGE_BYTES = 1 << 20;
/** Where the firmware lies by its own addresses. */
export const CODE = 0x10000000;
const FUNCTION_WORDS = 4;
export const entryOf = (number: number): number => CODE + number * FUNCTION_WORDS * 4;
const [V0, RA] = [2, 31];

export class TranslationBench {
  readonly memory: SharedArrayBuffer;
  readonly view: DataView;
  readonly said: string[] = [];
  readonly shared: SharedTranslator;
  /** How many jobs were translated. */
  translated = 0;

  constructor(cache?: TranslationCache) {
    const { pages, codeMap } = layoutOf({ memory: RAM });
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('shared memory is needed');
    this.memory = buffer;
    this.view = new DataView(buffer);
    const target = { isa: MIPS32R2, codeMap, findsHotPlaces: true };
    this.shared = new SharedTranslator({
      target,
      memory: buffer,
      cache,
      translator: () => {
        this.translated++;
        return Promise.resolve(new Translator(target, buffer));
      },
      say: (line) => this.said.push(line),
    });
  }

  /** Function `number` of the firmware at `pa` adds `value`. */
  put(pa: number, number: number, value = number): void {
    this.putWord(pa, number, asm('addiu', { rs: V0, rt: V0, imm: value }));
  }

  /** It does an instruction. */
  putWord(pa: number, number: number, instruction: number): void {
    const words = [instruction, asm('jr', { rs: RA }), 0, 0];
    for (const [index, word] of words.entries())
      this.view.setInt32(pa + entryOf(number) - CODE + 4 * index, word, MIPS32R2.endian === 'le');
  }

  /** What a core gets whose firmware lies at `pa`, for these functions. */
  async ask(
    pa: number,
    wanted: readonly number[],
    known: readonly number[] = [],
    elsewhere: readonly number[] = [],
    { isKernel = true } = {},
  ): Promise<CompiledTranslation> {
    const range = { start: CODE, bytes: RANGE_BYTES, pa, isExecutable: true, isWritable: true };
    const job: Job = {
      ranges: [range],
      status: 0,
      isKernel,
      entries: wanted.map(entryOf),
      functions: wanted.map(entryOf),
      returns: new Map(),
      insisted: new Set(),
      elsewhere,
      known: known.map(entryOf),
    };
    // Node 24 does not wait for what V8 compiles
    const waiting = setInterval(() => undefined, 1000);
    try {
      return await this.shared.answer(job);
    } finally {
      clearInterval(waiting);
    }
  }
}

export const addresses = ({ code }: CompiledTranslation): number[] => code.flatMap(({ addresses: all }) => [...all]);
