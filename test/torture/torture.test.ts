/** A sample of GCC's execution tests on every ISA, and that a program which goes wrong is found. `npm run torture` runs all. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { installed } from '../support/fixtures.js';
import { described } from './board.js';
import { isas, type Isa } from './isas.js';
import { programs, type Program } from './programs.js';
import { complaints, rows } from './report.js';
import { complaint, runAll, type Result } from './run.js';
import { availableSources } from './sources.js';
import { hasCompiler } from './toolchain.js';

const EVERY = 211;
const OPTIMIZATION = '-O2';
const JOBS = 2;

const sources = await availableSources();
if (sources === undefined)
  t.pass('', { skip: "GCC's tests are not here: `npm run torture` fetches Debian's gcc-12-source" });
else {
  const all = await programs(sources);
  const sample = all.filter((_, i) => i % EVERY === 0);

  const run = (isa: Isa, chosen: readonly Program[]): Promise<Result[]> =>
    runAll({ isa, programs: chosen, optimizations: [OPTIMIZATION], sources, jobs: JOBS });

  const obstacle = async (isa: Isa): Promise<string | false> => {
    if (!(await hasCompiler(isa))) return `${isa.tools}-gcc is not installed`;
    return installed(isa.qemu[0]) ? false : `${isa.qemu[0]} is not installed`;
  };

  // each row of the matrix in one byte order, in turn
  for (const isa of isas.filter((_, i) => i % 4 === 0 || i % 4 === 3)) {
    await t.test(isa.name, { skip: await obstacle(isa) }, async (t) => {
      const results = await run(isa, sample);
      t.same(complaints(isa, results), [], 'what passes under QEMU passes here');
      const [row] = rows(isa, results);
      t.ok((row?.run ?? 0) > 6, `${row?.run} programs`);
      // where QEMU is wrong, this machine has passed more
      t.ok((row?.qemu ?? 0) > 3, `${row?.qemu} pass under QEMU`);
    });
  }

  const [first] = isas;
  if (first === undefined) throw new Error('there are no ISAs');
  await t.test('what goes wrong is found', { skip: await obstacle(first) }, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'mips-rprocfs-torture-'));
    t.teardown(() => rm(directory, { recursive: true }));
    const program = async (name: string, text: string): Promise<Program> => {
      const file = join(directory, `${name}.c`);
      await writeFile(file, text);
      return { name: `own/${name}`, files: [file], text, flags: ['-w'] };
    };
    // the two hosts differ in Status: only a firmware can read it
    const kernel = '__asm__ volatile("mfc0 %0, $12" : "=r"(x))';
    const results = await run(first, [
      await program('good', 'int main(void) { return __builtin_printf("%d %s\\n", 1, "two") != 6; }'),
      await program('fails', 'int main(void) { return 3; }'),
      await program('crashes', 'int main(void) { return *(volatile int *)4; }'),
      await program('only-here', `int main(void) { int x; ${kernel}; return 0; }`),
      await program('not-c', 'int main(void) {'),
      await program('not-here', '/* { dg-require-effective-target mmap } */'),
    ]);
    const told = results.map((each) =>
      'skip' in each ? each.skip : `${described(each.qemu)} | ${described(each.here)} | ${complaint(first, each)}`,
    );
    t.equal(told[0], 'exit code 0 | exit code 0 | undefined');
    t.equal(told[1], 'exit code 3 | exit code 3 | undefined');
    t.match(told[2], /^SIGSEGV \| TLB .*address 0x00000004.*\[pc : .* lw .*\] \| undefined$/);
    t.match(told[3], /^SIGILL \| exit code 0 \| undefined$/);
    t.match(told[4], /^error: /);
    t.equal(told[5], 'needs mmap');

    const [good] = results;
    if (good === undefined || 'skip' in good) throw new Error('a program has not run');
    t.equal(good.here.output, '1 two\n');
    t.equal(complaint(first, { ...good, here: { exit: 1, output: '' } }), 'exit code 1');
    t.equal(complaint(first, { ...good, here: { exit: 0, output: '' } }), 'other output: ""');
    const nowhere = { ...good, here: { failure: 'fault', output: '' }, qemu: { exit: 1, output: '' } };
    t.equal(complaint(first, nowhere), undefined);
    t.equal(complaint({ ...first, qemuFault: 'everything' }, nowhere), 'fault');
    t.same(rows(first, [...results, { ...good, here: { exit: 1, output: '' } }]), [
      {
        isa: first.name,
        optimization: OPTIMIZATION,
        run: 5,
        qemu: 2,
        here: 2,
        wrong: 1,
        nowhere: 2,
        skipped: 2,
      },
    ]);
  });
}
