/** Calls of the host and registers of devices, as firmware sees them (docs/reference/mips-uhi.md 2, 3.5). */
import t from 'tap';
import { asm, KSEG0, li, nop, PROGRAM, PROGRAM_PA } from './core-bench.js';
import { DATA_PA, T0, T1, exit, prepare, run } from './privileged-bench.js';

t.test('UHI', (t) => {
  const write = (address: number, length: number): number[] => [
    ...li(4, 1),
    ...li(5, address),
    ...li(6, length),
    ...li(25, 5),
    asm('sdbbp', { code20: 1 }),
  ];
  const bench = prepare([...write(KSEG0 + DATA_PA + 0xffe, 5), ...exit(-1)]);
  bench.ram.set(Buffer.from('hello'), DATA_PA + 0xffe);
  bench.run();
  t.strictSame([bench.output, bench.exits[0]], ['hello', -1], 'a write over the end of a page');
  const fault = run([...write(0, 5), ...exit(0)]);
  t.strictSame([fault.output, fault.gpr(2), fault.gpr(3)], ['', 0xffffffff, 14], 'EFAULT');
  let accept = false;
  const slow = prepare([asm('beq', { offset: 11 }), ...write(KSEG0 + DATA_PA, 1), ...exit(0)], {
    accept: () => accept,
  });
  slow.put(PROGRAM_PA, [...write(KSEG0 + DATA_PA, 1), ...exit(0)]);
  slow.core.slice();
  t.strictSame([slow.core.stalled, slow.core.stopped], [true, false], 'a slow reader: it waits');
  accept = true;
  slow.run();
  t.strictSame([slow.output.length, slow.exits], [1, [0]], 'and writes once');

  const loop = prepare([
    ...li(4, KSEG0),
    ...li(25, 2),
    asm('sdbbp', { code20: 1 }),
    asm('j', { target: PROGRAM >>> 2 }),
    nop,
  ]);
  const before = loop.core.retired;
  loop.core.slice();
  t.ok(loop.core.retired - before < 100, 'a slice has one service of the host');
  t.end();
});

for (const endian of ['le', 'be'] as const)
  t.test(`GIC registers, ${endian}`, (t) => {
    const base = 0xbbdc0000;
    const access = (name: string, offset: number, rt: number): number => asm(name, { base: T0, rt, offset });
    const program = [
      ...li(T0, base),
      ...li(T1, 0x12345678),
      access('sw', 0x104, T1), // POL
      access('lw', 0x104, 16),
      access('lbu', 0x104, 17),
      access('lhu', 0x106, 18),
      ...li(T1, 0xab),
      access('sb', 0x105, T1),
      access('lw', 0x104, 19),
      access('swl', 0x104, T1),
      access('lw', 0x104, 20),
      ...li(T1, 0xff),
      access('sw', 0x384, T1), // SMASK
      ...li(T1, 2),
      access('sb', endian === 'le' ? 0x304 : 0x307, T1), // RMASK, the low byte
      access('lw', 0x404, 21),
      access('lw', 0, 22),
      ...exit(0),
    ];
    const bench = run(program, { endian });
    const little = endian === 'le';
    t.equal(bench.gpr(16), 0x12345678);
    t.equal(bench.gpr(17), little ? 0x78 : 0x12, 'byte 0');
    t.equal(bench.gpr(18), little ? 0x1234 : 0x5678, 'half word 2');
    t.equal(bench.gpr(19), little ? 0x1234ab78 : 0x12ab5678, 'a byte is stored in its lane');
    t.equal(bench.gpr(20), little ? 0x1234ab00 : 0x000000ab, 'SWL');
    t.equal(bench.gpr(21), 0xfd, 'RMASK by byte clears what it names');
    t.equal(bench.gpr(22), 0x081f0002, 'CONFIG: 64-bit counter, 256 interrupts, 3 processors');
    t.end();
  });
