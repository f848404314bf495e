/** UHI calls of a core: registers, memory behind its TLB, and how it stops. docs/reference/mips-uhi.md 2. */
import t from 'tap';
import { STATE } from '../../src/emu/layout.js';
import { asm, KSEG0, li } from './core-bench.js';
import { DATA_PA, exit, prepare } from './privileged-bench.js';
import { CALL } from './uhi-bench.js';

const uhi = (operation: number, ...args: readonly number[]): number[] => [
  ...args.flatMap((value, index) => li(4 + index, value)),
  ...li(25, operation),
  asm('sdbbp', { code20: 1 }),
];

t.test('a reported exception leaves its registers in the core', (t) => {
  const bench = prepare([...uhi(CALL.exception, KSEG0 + DATA_PA, 0), ...exit(0)]);
  // $1…$31, EPC, BadVAddr, HI, LO, link, Status, Cause: a store to nowhere
  const words = Array.from({ length: 31 }, (_, index) => 0xf0000001 + index);
  bench.put(DATA_PA, [...words, 0x80001234, 0x44, 0x33, 0x22, 0, 0x403, 3 << 2, 0xac000044, 0]);
  bench.run();
  t.match(bench.faults[0], /^.* at 0x80001234, address 0x00000044: reported by the firmware/);
  const { state } = bench.core;
  t.strictSame(
    Array.from({ length: 32 }, (_, number) => state.gpr(number) >>> 0),
    [0, ...words],
  );
  t.equal(state.get64(STATE.gpr + 8 * 31), 0xffff_ffff_f000_001fn, 'sign-extended');
  t.equal(state.get64(STATE.pc), 0xffff_ffff_8000_1234n);
  t.strictSame(
    [STATE.badVAddr, STATE.hi, STATE.lo, STATE.status, STATE.cause].map((offset) => state.get(offset)),
    [0x44, 0x33, 0x22, 0x403, 3 << 2],
  );
  t.strictSame(bench.exits, [], 'and it does not come back');
  t.end();
});

t.test('an exception without a context', (t) => {
  const bench = prepare([...li(26, 0x77), ...li(27, 0x88), ...uhi(CALL.exception, 0, 0), ...exit(0)]);
  bench.run();
  t.match(bench.faults[0], /reported by the firmware/);
  t.strictSame([bench.gpr(25), bench.gpr(4)], [0x77, 0x88]);
  t.end();
});

t.test('memory behind the TLB', (t) => {
  const mappings = [{ va: 0x10000000, pa: DATA_PA, length: 0x2000, cca: 5 }] as const;
  const fstat = uhi(CALL.fstat, 1, 0x10000000 + 0x2000 - 50);
  const bench = prepare([...fstat, ...exit(3)], { entry: { mappings } });
  bench.run();
  t.strictSame([bench.gpr(2), bench.gpr(3), bench.exits[0]], [0xffffffff, 14, 3], 'EFAULT at the end of the mapping');
  const inside = prepare([...uhi(CALL.fstat, 1, 0x10000000 + 0x1000 - 50), ...exit(3)], { entry: { mappings } });
  inside.run();
  t.strictSame([inside.gpr(2), inside.gpr(3)], [0, 0], 'and over the end of a page');
  t.equal(inside.view.getUint32(DATA_PA + 0x1000 - 46, true), 0o020620, 'the mode');
  t.end();
});
