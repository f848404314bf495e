/**
 * Random programs leave the same registers, memory and count of instructions behind, whether they are interpreted or
 * translated: programs of user mode, and whole machines with exceptions. What they should leave is compared with QEMU elsewhere
 * (random.test.ts, random-compressed.test.ts, random-system.test.ts), on either engine: MIPS_ENGINE=translator.
 */
import t from 'tap';
import { compareWithInterpreter } from './random-engines.js';

compareWithInterpreter(t, {
  engine: 'translator',
  firstSeed: Number(process.env['MIPS_RANDOM_SEED'] ?? 1),
  programs: Number(process.env['MIPS_TRANSLATED_PROGRAMS'] ?? 4),
  endians: ['le', 'be'],
});
