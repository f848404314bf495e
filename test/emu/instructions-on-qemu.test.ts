/** What the instruction tests are expected to give is what qemu-user gives, whatever the optimization. */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { expectedInstructions, fixture, installed } from '../support/fixtures.js';

for (const [endian, qemu] of [
  ['le', 'qemu-mipsel'],
  ['be', 'qemu-mips'],
] as const) {
  t.test(`on ${qemu}`, { skip: installed(qemu) ? false : `${qemu} is not installed` }, (t) => {
    for (const optimization of ['O0', 'O2'])
      t.equal(
        execFileSync(qemu, [fixture(endian, `insn-${optimization}-linux`)], { encoding: 'utf8' }),
        expectedInstructions(endian),
        optimization,
      );
    t.end();
  });
}
