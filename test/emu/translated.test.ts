/**
 * Random programs leave the same registers, memory and count of instructions behind, whether they are interpreted or
 * translated: programs of user mode, and whole machines with exceptions. What they should leave is compared with QEMU elsewhere
 * (random.test.ts, random-compressed.test.ts, random-system.test.ts), on either engine: MIPS_ENGINE=translator.
 * MIPS_TRANSLATED_PROGRAMS says how many of each kind, MIPS_RANDOM_SEED where to begin: each run has others.
 */
import t from 'tap';
import { compareWithInterpreter } from './random-engines.js';

const SEED = Number(process.env['MIPS_RANDOM_SEED'] ?? Date.now() % 100_000);

t.comment(`MIPS_RANDOM_SEED=${SEED}`);
compareWithInterpreter(t, {
  engine: 'translator',
  firstSeed: SEED,
  programs: Number(process.env['MIPS_TRANSLATED_PROGRAMS'] ?? 1),
  endians: ['le', 'be'],
});
