/**
 * V8 executes a program slowly until it has executed it for a while: a translator that has never translated takes ten times as long
 * for its first regions. So it practises on a program of its own (fixtures/src/practice.c) while there is nothing to do.
 */
import { readFileSync } from 'node:fs';
import { setImmediate as otherWork } from 'node:timers/promises';
import { STATUS } from '../cpu/registers.js';
import { PAGE } from '../layout.js';
import type { Job, Translation, Translator } from './translator.js';

const KSEG0 = -0x80000000;
/** After so many V8 has compiled what matters. */
const ROUNDS = 5;

const WORD = 4;
const JAL = 3;
const JALR = 9;

const WHOLE: Job = {
  ranges: [{ start: KSEG0, bytes: PAGE, pa: 0, isExecutable: true, isWritable: true }],
  status: STATUS.CU1,
  isKernel: true,
  entries: [KSEG0],
  insisted: new Set(),
  functions: [],
  returns: new Map(),
  elsewhere: [],
  known: [],
};

/** What cores ask for: functions, places inside of them, what calls through pointers, and what goes to devices. */
function jobsOf(words: Int32Array): readonly Job[] {
  const targets = [...words].flatMap((word) =>
    word >>> 26 === JAL ? [(KSEG0 | ((word << 2) & 0x0fffffff)) >> 0] : [],
  );
  const functions = [...new Set(targets)];
  const places = [...words.keys()].map((index) => KSEG0 + WORD * index);
  const [behindCall = KSEG0] = places.filter((_, index) => ((words[index - 2] ?? 0) & 0xfc00003f) === JALR);
  const some = places.filter((_, index) => index % 9 === 4);
  return [
    WHOLE,
    { ...WHOLE, entries: functions, functions },
    { ...WHOLE, entries: some, functions },
    { ...WHOLE, entries: some, functions, insisted: new Set(some) },
    { ...WHOLE, entries: functions, functions, returns: new Map(functions.slice(0, 3).map((at) => [at, behindCall])) },
    { ...WHOLE, entries: functions.slice(3), functions, elsewhere: places, known: functions.slice(0, 3) },
  ];
}

/** Ends early as soon as there is something real to do. */
export async function practise(translator: Translator, isWanted: () => boolean): Promise<void> {
  const { endian } = translator.target.isa;
  const program = readFileSync(new URL(`../../../../fixtures/out/${endian}/practice.bin`, import.meta.url));
  const memory = new SharedArrayBuffer(2 * PAGE);
  new Uint8Array(memory).set(program);
  // each time as if for the first time
  const translate = (job: Job): Translation => translator.apart(memory, PAGE).translate(job);
  const view = new DataView(memory);
  const jobs = jobsOf(
    Int32Array.from({ length: program.length / WORD }, (_, index) => view.getInt32(WORD * index, endian === 'le')),
  );
  for (let round = 0; round < ROUNDS; round++)
    for (const job of jobs) {
      if (isWanted()) return;
      translate(job);
      await otherWork();
    }
}
