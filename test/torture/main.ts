/**
 * `npm run torture`: programs that nobody here wrote. GCC's own tests of the code that it generates (gcc.c-torture/execute) are
 * compiled for every ISA of the matrix (isas.ts), with the run-time library of runtime/, and run twice: by qemu-user as Linux
 * programs, by this machine as firmware. Whatever passes there has to pass here.
 *
 * sources.ts fetches, programs.ts and directives.ts say what is to be compiled and how, toolchain.ts (with libgcc.ts) compiles,
 * board.ts runs a firmware here, run.ts runs all, report.ts says how it went.
 */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { isas, type Isa } from './isas.js';
import { programs } from './programs.js';
import { complaints, excluded, rows, skips, table, type Row } from './report.js';
import { runAll, type Result } from './run.js';
import { sources } from './sources.js';
import { hasCompiler } from './toolchain.js';

const commas = (text: string): string[] => text.split(',').filter((part) => part !== '');

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It has to be a number from 1.');
  return value;
}

interface Options {
  readonly isa?: readonly string[];
  readonly opt: readonly string[];
  readonly filter?: string;
  readonly every: number;
  readonly jobs: number;
  readonly sources?: string;
  readonly json?: string;
  readonly verbose?: true;
}

const options = new Command('torture')
  .description("Runs GCC's execution tests here, as firmware, and under qemu-user, and compares.")
  .option('--isa <names>', 'only these, with or without byte order: mips32r2,mips32r6-be', commas)
  .option('--opt <flags>', 'optimizations', commas, ['-O2'])
  .option('--filter <text>', 'only programs with this in their name')
  .option('--every <n>', 'a sample: each n-th program', positive, 1)
  .option('--jobs <n>', 'programs at a time', positive, 2)
  .option('--sources <directory>', "GCC's source tree, instead of Debian's package")
  .option('--json <file>', 'writes all results')
  .option('--verbose', 'says also what was skipped, and why')
  .parse()
  .opts<Options>();

const say = (line: string): void => console.error(line);

const isWanted = ({ name }: Isa): boolean =>
  options.isa === undefined || options.isa.some((wanted) => name === wanted || name.replace(/-..$/, '') === wanted);

const wanted = isas.filter(isWanted);
if (wanted.length === 0) {
  say(`no ISA is called ${options.isa?.join(' or ')}; there are ${isas.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const from = await sources(options.sources, say);
const chosen = (await programs(from))
  .filter(({ name }) => options.filter === undefined || name.includes(options.filter))
  .filter((_, i) => i % options.every === 0);

if (chosen.length === 0) {
  say(`no program has ${options.filter} in its name`);
  process.exit(2);
}

const all: Row[] = [];
const results: Record<string, readonly Result[]> = {};
const wrong: string[] = [];
for (const isa of wanted) {
  const reason = (await hasCompiler(isa)) ? undefined : `${isa.tools}-gcc is not installed`;
  if (reason !== undefined) {
    say(`${isa.name}: left out: ${reason}`);
    continue;
  }
  const began = performance.now();
  const ran = await runAll({ isa, programs: chosen, optimizations: options.opt, sources: from, jobs: options.jobs });
  const these = rows(isa, ran);
  all.push(...these);
  results[isa.name] = ran;
  wrong.push(...complaints(isa, ran));
  say(`${isa.name}: ${ran.length} in ${Math.round((performance.now() - began) / 1000)} s`);
  for (const line of [...excluded(isa, ran), ...(options.verbose ? skips(isa, ran) : [])]) say(line);
}

console.log(table(all));
for (const line of wrong) console.log(line);
if (options.json !== undefined) await writeFile(options.json, JSON.stringify({ rows: all, results }, undefined, 1));

// a row in which QEMU passes nothing shows a broken set-up, not a good machine
const empty = all.filter(({ qemu }) => qemu === 0);
for (const { isa, optimization } of empty) say(`${isa} ${optimization}: nothing passed under QEMU`);
process.exitCode = wrong.length > 0 || empty.length > 0 || all.length === 0 ? 1 : 0;
