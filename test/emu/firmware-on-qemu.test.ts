/** The fixtures are right: QEMU's Malta board gives the text that the emulator's tests expect of them. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { comparable, expected, fixture, fixturesDirectory, installed, recorded } from '../support/fixtures.js';

for (const [endian, qemu] of [
  ['le', 'qemu-system-mipsel'],
  ['be', 'qemu-system-mips'],
] as const) {
  const run = (name: string): string =>
    execFileSync(join(fixturesDirectory, 'qemu/run'), [endian, fixture(endian, name)], { encoding: 'utf8' });

  t.test(`on ${qemu}`, { skip: installed(qemu) ? false : `${qemu} is not installed` }, (t) => {
    // the stub takes a quarter of a second without news for the end: on a busy host it may come too early
    const patiently = (name: string, wanted: string): string => {
      const texts = Array.from({ length: 4 });
      return texts.reduce<string>((text) => (text === wanted ? text : comparable(run(name))), '');
    };
    for (const name of recorded) t.equal(patiently(name, expected(endian, name)), expected(endian, name), name);

    t.match(run('tick'), /^tick: Compare every 1000000 counts, on Cause.IP7\ntick 1\ntick 2\ntick 3\n(tick \d+\n)*$/);
    t.match(run('spin'), /^spin \d{11}\n$/);
    t.equal(run('crash-loop'), 'crash-loop: a handler that needs a handler\n', 'and no fault: it goes round for ever');
    // QEMU 7.2 prints the plog line without knowing where it ends
    t.match(run('uhi'), /^hello through sdbbp 1\n22 bytes written\n/);
    t.match(run('uhi-syscall'), /^hello through syscall 1\n24 bytes written\n/);
    t.end();
  });
}
