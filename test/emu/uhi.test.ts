/** UHI calls without files: docs/reference/mips-uhi.md 2. */
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import t from 'tap';
import {
  Caller,
  CALL,
  FLAG,
  MEMORY,
  MEMORY_END,
  NOWHERE,
  READ_ONLY,
  scratchDirectory,
  UNTOUCHED,
} from './uhi-bench.js';

t.test('standard streams', (t) => {
  const caller = new Caller(t);
  t.strictSame(
    ['/dev/stdin', '/dev/stdout', '/dev/stderr'].map((name) => caller.result(CALL.open, name)),
    [0, 1, 2],
  );
  t.equal(caller.result(CALL.open, '/dev/other'), -13, 'and no other file');
  t.equal(caller.result(CALL.open, '/etc/passwd'), -13);
  caller.put(MEMORY, 'hello');
  t.strictSame(caller.call(CALL.write, 1, MEMORY, 5), { value: 5n, errno: 0 });
  t.equal(caller.result(CALL.write, 2, MEMORY + 1, 2), 2);
  t.equal(caller.said, 'helloel');
  t.equal(caller.result(CALL.write, 0, MEMORY, 1), -9, 'nothing is written to the input');
  t.equal(caller.result(CALL.read, 0, MEMORY, 5), 0, 'which is empty');
  t.equal(caller.result(CALL.read, 1, MEMORY, 5), -9);
  for (const call of [CALL.lseek, CALL.pread, CALL.pwrite]) {
    t.equal(caller.result(call, 1, MEMORY, 0, 0), -29, `${call}: no position`);
    t.equal(caller.result(call, 3, MEMORY, 0, 0), -9, `${call}: not open`);
  }
  t.equal(caller.result(CALL.close, 1), 0);
  t.equal(caller.result(CALL.write, 1, MEMORY, 1), -9, 'closed');
  t.equal(caller.result(CALL.close, 1), -9);
  t.equal(caller.result(CALL.open, '/dev/stdout', 1), 1, 'opened again');
  t.equal(caller.result(CALL.write, 1, MEMORY, 1), 1);
  caller.accept = false;
  t.strictSame([caller.call(CALL.write, 1, MEMORY, 5).value, caller.stalled], [1n, true], 'Linux is slow');
  t.end();
});

t.test('fstat of a stream is that of a terminal', (t) => {
  for (const littleEndian of [true, false]) {
    const caller = new Caller(t, { littleEndian });
    caller.bytes.fill(0xff);
    t.equal(caller.result(CALL.fstat, 1, MEMORY + 4090), 0);
    const expected = Buffer.alloc(104);
    if (littleEndian) expected.writeUInt32LE(0o020620, 4);
    else expected.writeUInt32BE(0o020620, 4);
    t.strictSame(Buffer.from(caller.bytes.slice(4090, 4194)), expected);
    t.equal(caller.bytes[4194], 0xff, '104 bytes');
    t.equal(caller.result(CALL.fstat, 5, MEMORY), -9);
    t.equal(caller.result(CALL.fstat, 1, READ_ONLY - 103), -14);
  }
  t.end();
});

t.test('pointers and lengths', (t) => {
  const caller = new Caller(t);
  const write = (at: number, length: number) => caller.result(CALL.write, 1, at, length);
  t.equal(write(NOWHERE, 1), -14);
  t.equal(write(NOWHERE, 0), 0, 'nothing to be read');
  t.equal(write(MEMORY_END - 2, 3), -14, 'not all of it is there');
  t.equal(caller.said, '');
  t.equal(write(READ_ONLY - 3, 6), 6, 'over the end of a page');
  t.equal(write(MEMORY, 0xffffffff), -14);
  t.equal(caller.result(CALL.open, NOWHERE), -14);
  caller.bytes.fill(0x61);
  t.equal(caller.result(CALL.open, MEMORY), -91, 'a path without end');
  t.equal(caller.result(CALL.open, MEMORY_END - 5), -14, 'a path into nothing');
  t.equal(caller.result(CALL.plog, NOWHERE, 0), -14);
  t.equal(caller.result(CALL.plog, MEMORY, 0), 4096, 'a text without end is cut');
  t.end();
});

t.test('arguments, log, memory, and what there is not', (t) => {
  const caller = new Caller(t);
  t.strictSame(caller.call(CALL.argc), { value: 0n, errno: UNTOUCHED });
  t.strictSame(caller.call(CALL.argnlen, 0), { value: -1n, errno: UNTOUCHED });
  t.strictSame(caller.call(CALL.argn, 0, MEMORY), { value: -1n, errno: UNTOUCHED });
  t.strictSame(caller.call(CALL.plog, 'n=%d, %d, %s\n', 0xfffffffe), { value: 13n, errno: UNTOUCHED });
  t.equal(caller.said, 'n=-2, %d, %s\n');
  caller.said = '';
  t.equal(caller.result(CALL.assert, 'a > b', 'file.c', 12), 0, 'assert comes back');
  t.equal(caller.said, 'assertion failed: a > b (file.c:12)\n');
  t.equal(caller.result(CALL.yield), 0);
  t.equal(caller.result(CALL.break, MEMORY), 0, 'not handled');
  for (const call of [CALL.findfirst, CALL.findnext, CALL.findclose, 0, 25, 0xffffffff])
    t.equal(caller.result(call, MEMORY), -88, `operation ${call}`);
  caller.call(CALL.exit, 0xffffffff);
  t.strictSame(caller.exits, [-1]);

  t.strictSame(caller.call(CALL.ramrange), { value: -1n, errno: UNTOUCHED }, 'memory unknown');
  const range = { start: 0xffff_ffff_8010_0000n, end: 0xffff_ffff_8020_0000n };
  const told = new Caller(t, { memory: range });
  t.equal(told.call(CALL.ramrange).value, BigInt.asIntN(32, range.start));
  t.equal(told.register(3), BigInt.asIntN(32, range.end));
  const wide = new Caller(t, { memory: { start: 0x9800_0000_0010_0000n, end: 0x9800_0000_0020_0000n }, bits: 64 });
  t.equal(wide.call(CALL.ramrange).value, BigInt.asIntN(64, 0x9800_0000_0010_0000n));
  t.equal(wide.register(3), BigInt.asIntN(64, 0x9800_0000_0020_0000n));
  t.end();
});

t.test('exceptions that a firmware reports', (t) => {
  const cases = [
    { abi: 0, width: 4, pointer: 4 },
    { abi: 1, width: 8, pointer: 4 },
    { abi: 2, width: 8, pointer: 8 },
  ];
  for (const { abi, width, pointer } of cases)
    for (const littleEndian of [true, false]) {
      const caller = new Caller(t, { littleEndian, bits: width === 8 ? 64 : 32 });
      const bytes: number[] = [];
      const put = (size: number, value: number): void => {
        const big = Array.from({ length: size }, (_, index) => Number((BigInt(value) >> BigInt(8 * index)) & 0xffn));
        bytes.push(...(littleEndian ? big : big.reverse()));
      };
      for (let register = 1; register < 32; register++) put(width, 0x100 + register);
      // epc, badvaddr, hi, lo, link, then words: status, cause (a store, TLB refill), badinstr, badinstrp
      for (const value of [0x10000420, 0x44, 0x33, 0x22]) put(width, value);
      put(pointer, 0x11);
      for (const value of [0x403, 3 << 2, 0xac000044, 0]) put(4, value);
      caller.put(MEMORY + 4000, Uint8Array.from(bytes));
      caller.call(CALL.exception, MEMORY + 4000, abi);
      const hex = (value: number): string => value.toString(16).padStart(2 * width, '0');
      const name = `ABI ${abi}, ${littleEndian ? 'little' : 'big'} endian`;
      const [{ why, context } = { why: '' }] = caller.crashes;
      const registers = context?.lines ?? [];
      t.match(
        why,
        new RegExp(`^\\S.* at 0x${hex(0x10000420)}, address 0x${hex(0x44)}: reported by the firmware`),
        name,
      );
      t.equal(registers[0], `$ 0   : ${[0, 0x101, 0x102, 0x103].map(hex).join(' ')}`);
      t.equal(registers[7], `$28   : ${[0x11c, 0x11d, 0x11e, 0x11f].map(hex).join(' ')}`);
      t.strictSame(registers.slice(8, 12), [
        `Hi    : ${hex(0x33)}`,
        `Lo    : ${hex(0x22)}`,
        `epc   : ${hex(0x10000420)}`,
        'Status: 00000403',
      ]);
      t.match(registers[12], /^Cause : 0000000c \(ExcCode 03, /);
      t.equal(context?.general[31], 0x11fn);
      t.match(context, {
        named: { epc: 0x10000420n, badVAddr: 0x44n, hi: 0x33n, lo: 0x22n },
        status: 0x403,
        cause: 3 << 2,
      });
      t.strictSame(registers.slice(13), [`BadVA : ${hex(0x44)}`, 'BadIns: ac000044 00000000']);
    }

  const caller = new Caller(t);
  t.equal(caller.result(CALL.exception, MEMORY, 3), -22, 'an ABI that there is not');
  t.equal(caller.result(CALL.exception, NOWHERE, 0), -14);
  t.strictSame(caller.crashes, []);
  caller.setRegister(26, 0x1234n);
  caller.setRegister(27, 0x5678n);
  caller.call(CALL.exception, 0, 0);
  t.strictSame([caller.register(25), caller.register(4)], [0x1234n, 0x5678n], 'without a context: from $26 and $27');
  caller.call(CALL.bootFail, 1);
  caller.call(CALL.bootFail, 9);
  t.match(caller.crashes, [
    { why: /^reported by the firmware/, context: undefined },
    { why: /boot fail.*cache/ },
    { why: /boot fail.*reason 9/ },
  ]);
  t.end();
});

t.test('any registers and any memory do no harm', (t) => {
  const root = scratchDirectory(t);
  const before = readdirSync('/proc/self/fd').length;
  const address = fc.oneof(
    fc.integer({ min: MEMORY - 16, max: MEMORY_END + 16 }),
    fc.constantFrom(0, NOWHERE, -1, READ_ONLY - 1, 0x7fffffff),
  );
  const register = fc.oneof(
    address.map(BigInt),
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.integer({ min: 0, max: 40 }).map(BigInt),
  );
  const text = fc.oneof(
    fc.stringMatching(/^(\.\.\/|[ab]\/?|\/dev\/std(in|out)|\/){0,6}$/),
    fc.string({ maxLength: 20 }),
  );
  const call = fc.record({
    operation: fc.integer({ min: 0, max: 26 }),
    registers: fc.tuple(register, register, register, register),
    at: address,
    text,
    flags: fc.constantFrom(0, FLAG.write | FLAG.create, FLAG.readWrite | FLAG.create | FLAG.append, 3, 0xfff),
  });
  fc.assert(
    fc.property(
      fc.array(call, { maxLength: 60 }),
      fc.boolean(),
      fc.constantFrom(32 as const, 64 as const),
      (calls, little, bits) => {
        const cleanups: (() => void)[] = [];
        const caller = new Caller({ teardown: (clean) => cleanups.push(clean) }, { root, littleEndian: little, bits });
        for (const { operation, registers, at, text, flags } of calls) {
          if (at >= MEMORY && at + text.length < MEMORY_END) caller.put(at, `${text}\0`);
          caller.call(operation, ...registers);
          caller.call(CALL.open, at, flags, 0o666);
        }
        for (const clean of cleanups) clean();
        return readdirSync('/proc/self/fd').length === before;
      },
    ),
    { numRuns: 150 },
  );
  t.end();
});
