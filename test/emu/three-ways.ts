/** Programs whose results have to be the same whichever way they are executed. */
import type { Test } from 'tap';
import { LocalTranslation } from '../../src/emu/translator/local.js';
import type { Job } from '../../src/emu/translator/translator.js';
import type { CoreBench } from './core-bench.js';
import { prepare, type Setting } from './privileged-bench.js';

const [STATUS_REGISTER, EPC] = [12, 14];

/** What has come of a program with each engine; `lazy` translates as the machine does, when places have become hot. */
export function results(words: readonly number[], look: (bench: CoreBench) => unknown, setting: Setting = {}) {
  const jobs: Job[] = [];
  class Watched extends LocalTranslation {
    override request(...args: Parameters<LocalTranslation['request']>): void {
      jobs.push(args[1]);
      super.request(...args);
    }
  }
  const of = (engine: Setting): string => {
    const bench = prepare(words, { ...setting, ...engine });
    // a clock of instructions belongs to one core
    bench.run(3000);
    return JSON.stringify([look(bench), bench.core.retired, bench.faults, bench.exits]);
  };
  return {
    interpreted: of({ engine: 'interpreter' }),
    eager: of({ engine: 'translator' }),
    lazy: of({ translation: (target, memory) => new Watched(target, memory, false) }),
    elsewhere: (): readonly number[] => jobs.at(-1)?.elsewhere ?? [],
  };
}

export function same(t: Test, words: readonly number[], look: (bench: CoreBench) => unknown, setting: Setting = {}) {
  const made = results(words, look, setting);
  t.equal(made.eager, made.interpreted, 'translated at once');
  t.equal(made.lazy, made.interpreted, 'translated when it is hot');
  return made;
}

/** General registers, Status and EPC, and what was reported. */
export const registers = (bench: CoreBench): unknown => [
  Array.from({ length: 32 }, (_, number) => bench.gpr(number)),
  bench.registers,
  bench.cp0(STATUS_REGISTER),
  bench.cp0(EPC),
];
