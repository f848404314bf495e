/** Fixture firmware on the machine does what it did on QEMU's (fixtures/expected). */
import t from 'tap';
import { comparable, expected, expectedInstructions, recorded } from '../support/fixtures.js';
import { FROM_FIRMWARE, MachineBench, TO_FIRMWARE, until } from './machine-bench.js';

/** The recorded line of a fault, made from the report: `fault: ExcCode 2, EPC 00000000, BadVAddr 00000000`. */
function faultLine({ registers }: { readonly registers: readonly string[] }): string {
  const value = (name: string): string =>
    registers.find((line) => line.startsWith(name))?.match(/: ([0-9a-f]{8})/)?.[1] ?? 'missing';
  const code = (parseInt(value('Cause'), 16) >>> 2) & 31;
  const address = code >= 1 && code <= 5 ? `, BadVAddr ${value('BadVA')}` : '';
  return `fault: ExcCode ${code}, EPC ${value('epc')}${address}\n`;
}

for (const endian of ['le', 'be'] as const)
  t.test(`firmware, ${endian}`, async (t) => {
    const bench = new MachineBench(endian);
    t.teardown(() => bench.machine.close());
    const run = async (name: string, done: () => boolean): Promise<string> => {
      bench.faults.length = 0;
      await bench.start(name);
      await until(`${name}: ${bench.trace()}`, done);
      await bench.machine.halt(1);
      return bench.trace();
    };

    for (const name of recorded.filter((name) => name !== 'ipi')) {
      const text = expected(endian, name);
      const crashes = name.startsWith('crash-');
      const complete = (): boolean => comparable(bench.trace()).length >= text.length || bench.faults.length > 0;
      const trace = await run(name, crashes ? () => bench.faults.length > 0 : complete);
      t.equal(comparable(trace) + bench.faults.map(faultLine).join(''), text, name);
      t.equal(bench.faults.length, crashes ? 1 : 0, `${name}: faults`);
    }

    await t.test('ipi', async (t) => {
      const { machine } = bench;
      machine.routeInterrupt(TO_FIRMWARE, 1);
      machine.routeInterrupt(FROM_FIRMWARE, 0);
      await bench.start('ipi');
      await until('the firmware to listen', () => bench.trace().includes('answering'));
      for (let i = 1; i <= 5; i++) {
        machine.raise(TO_FIRMWARE);
        await until(`answer ${i}`, () => bench.interrupts.length === i);
      }
      await machine.halt(1);
      t.equal(bench.trace(), expected(endian, 'ipi'));
      t.strictSame(new Set(bench.interrupts), new Set([FROM_FIRMWARE]));
    });

    await t.test('tick, spin: they go on and on', async (t) => {
      await bench.start('tick');
      await until('three ticks', () => bench.trace().includes('tick 3\n'));
      t.match(bench.trace(), /^tick: Compare every 1000000 counts, on Cause.IP7\ntick 1\ntick 2\ntick 3\n/);
      await bench.machine.halt(1);

      await bench.start('spin');
      await until('it to count', () => /^spin \d{11}\n/.test(bench.trace()));
      const before = bench.trace();
      await until('it to count further', () => bench.trace() !== before);
      await bench.machine.halt(1);
      const after = bench.trace();
      await new Promise(setImmediate);
      t.equal(bench.trace(), after, 'and not any more when it is halted');
    });

    for (const name of ['uhi', 'uhi-syscall'])
      await t.test(name, async (t) => {
        bench.output.clear();
        bench.exits.length = 0;
        await bench.start(name);
        await until('its exit', () => bench.exits.length > 0);
        await bench.machine.halt(1);
        const how = name === 'uhi' ? 'sdbbp' : 'syscall';
        const length = `hello through ${how} 1\n`.length;
        t.equal(bench.output.get(1), `hello through ${how} 1\n${length} bytes written\n`);
        t.match(bench.trace(), `uhi: write gave ${length} of ${length}, plog `);
        t.notMatch(bench.trace(), 'exit came back');
        t.strictSame(bench.exits, [{ cpu: 1, code: 0 }]);
      });

    await t.test('crash-loop, crash-nowhere: what QEMU does not report', async (t) => {
      for (const [name, reason] of [
        ['crash-loop', /exceptions without end/],
        ['crash-nowhere', /^bus error on a fetch at 0xbd000000: no handler/],
      ] as const) {
        await run(name, () => bench.faults.length > 0);
        t.match(bench.faults, [{ cpu: 1, reason }], name);
      }
    });

    for (const name of ['insn-O0', 'insn-O2']) {
      const text = `${expectedInstructions(endian)}end\n`;
      const trace = await run(name, () => bench.trace().endsWith('end\n') || bench.faults.length > 0);
      const difference = trace.split('\n').filter((line, i) => line !== text.split('\n')[i]);
      t.strictSame(difference, [], name);
    }
  });
