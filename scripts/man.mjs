/** Writes man/mips-rprocfs.1 from the definitions of the command line. */
import { writeFileSync } from 'node:fs';
import { manualPage } from '../dist/src/cli/manual/index.js';
import { createProgram } from '../dist/src/cli/program.js';

writeFileSync(new URL('../man/mips-rprocfs.1', import.meta.url), manualPage(createProgram()));
