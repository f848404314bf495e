/**
 * V8 executes a program slowly until it has executed it for a while: a translator that has never translated takes ten times as long
 * for its first regions. So it practises on a program of its own (fixtures/src/practice.c) while there is nothing to do.
 */
import { readFileSync } from 'node:fs';
import { setImmediate as otherWork } from 'node:timers/promises';
import { STATUS } from '../cpu/registers.js';
import { PAGE } from '../layout.js';
import type { Job, Translator } from './translator.js';

const KSEG0 = -0x80000000;
/** After so many V8 has compiled what matters. */
const ROUNDS = 12;

const JOB: Job = {
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

/** Ends early as soon as there is something real to do. */
export async function practise(translator: Translator, isWanted: () => boolean): Promise<void> {
  const { endian } = translator.target.isa;
  const program = readFileSync(new URL(`../../../../fixtures/out/${endian}/practice.bin`, import.meta.url));
  const memory = new SharedArrayBuffer(2 * PAGE);
  new Uint8Array(memory).set(program);
  for (let round = 0; round < ROUNDS && !isWanted(); round++) {
    // each time as if for the first time
    translator.apart(memory, PAGE).translate(JOB);
    await otherWork();
  }
}
