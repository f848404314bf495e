/** Firmware of 64 bits on mounts: docs/reference/mips-uhi.md 1.0, 1.7; kernel-abi.md 4. */
import { join } from 'node:path';
import t from 'tap';
import { Board, mipsRprocfs, scratch } from '../support/board.js';
import { fixture, installed } from '../support/fixtures.js';

const FACTOR = 0x0123_4567_89ab_cdefn;
const OPERAND = 0xfedc_ba98_7654_3210n;
const hex = (value: bigint): string => BigInt.asUintN(64, value).toString(16).padStart(16, '0');
/** A machine of 64 MiB: the top MiB is Linux's, and in it are the stacks (CPU 1 has the second one). */
const STACK = 0xffff_ffff_83f0_0000n + 8192n;

const shown = (pointer: number, kx: boolean, linkedAt: bigint): (string | RegExp)[] => [
  'hello from mips-cpu1, a0=-3 a1=260 a2=256 a3=0',
  // Release 6 has FR fixed to 1
  new RegExp(`^pointers of ${pointer} bits, Status 0[04]0000${kx ? '8' : '0'}0$`),
  `linked at ${hex(linkedAt)}`,
  `sp ${hex(STACK + 8192n - 32n)}`,
  `gp ${hex(STACK)}`,
  `ra ${hex(0xffff_ffff_83f0_0000n)}`,
  `product ${hex(FACTOR * OPERAND)}`,
  `quotient ${hex(OPERAND / (FACTOR >> 32n))}`,
  `sum ${hex(FACTOR + OPERAND)}`,
  'UHI wrote 41',
  '',
];

const KSEG0 = 0xffff_ffff_8020_0000n;
const RELEASE_2 = {
  hello64: shown(64, true, 0x1000_0000n),
  'hello64-kseg0': shown(64, true, KSEG0),
  'hello64-xkphys': shown(64, true, 0x9800_0000_0020_0000n),
  'hello-n32': shown(32, false, 0x1000_0000n),
  'hello-n32-kseg0': shown(32, false, KSEG0),
};
const RELEASE_6 = { 'hello64-r6': shown(64, true, 0x1000_0000n) };

const MODELS: readonly (readonly [model: string, programs: Readonly<Record<string, readonly (string | RegExp)[]>>])[] =
  [
    ['5KEf', RELEASE_2],
    ['MIPS64R2-generic', RELEASE_2],
    ['I6400', RELEASE_6],
  ];

for (const [model, programs] of MODELS)
  for (const endian of ['le', 'be'] as const)
    t.test(`${model}, ${endian}`, async (t) => {
      const board = await Board.mount(t, { endian, args: ['--cpu', model] });
      for (const [name, expected] of Object.entries(programs)) {
        const log = await board.log.during(() => board.start(0, name), /hello through a pointer of a 64-bit core$/);
        await board.until('grep -q "^UHI wrote" $D/remoteproc0/trace0');
        t.match((await board.out('cat $D/remoteproc0/trace0')).split('\n'), expected, name);
        t.ok(log.includes('remoteproc remoteproc0: remote processor mips-cpu1 is now up'), `${name} is up`);
        await board.out('echo stop > $C/remoteproc0/state');
      }
      t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n');
    });

t.test('a core of 32 bits', async (t) => {
  const board = await Board.mount(t);
  await board.install('hello64', 'hello-n32');
  const log = await board.log.during(async () => {
    const script = 'echo hello64.elf > $C/remoteproc0/firmware; exec 2>&1; /bin/echo start > $C/remoteproc0/state';
    t.equal((await board.sh(script)).out, '/bin/echo: write error: Invalid argument\n');
  });
  t.strictSame(
    log,
    ['powering up mips-cpu1', 'Unsupported class: 2', 'Boot failed: -22'].map(
      (line) => `remoteproc remoteproc0: ${line}`,
    ),
  );
  await board.out('echo disabled > $C/remoteproc0/recovery');
  const crash = await board.log.during(() => board.start(0, 'hello-n32'), /handling crash #1/);
  t.match(crash.join('\n'), 'reserved instruction at 0x', 'n32 is an ELF32 like any other, until it executes');

  const { out, status } = await mipsRprocfs('inspect', fixture('le', 'hello64'));
  t.equal(status, 1);
  t.match(out, 'a core of 64, such as --cpu I6400, takes ELF64');
  t.equal((await mipsRprocfs('inspect', '--cpu', '5KEf', fixture('le', 'hello64'))).status, 0);
});

for (const endian of ['le', 'be'] as const)
  t.test(`a crash, and its core, ${endian}`, async (t) => {
    const board = await Board.mount(t, { endian, args: ['--cpu', '5KEf'] });
    await board.out('cd $C/remoteproc0; echo disabled > recovery; echo enabled > coredump');
    const log = await board.log.during(() => board.start(0, 'crash64-null'), /handling crash #1/);
    t.match(log.join('\n'), /at 0xffffffff802[0-9a-f]{5}, address 0x0000000000000000: no handler/);
    await board.until('grep -q crashed $C/remoteproc0/state');
    await board.out('echo recover > $C/remoteproc0/recovery');
    const core = join(await scratch(t), 'core');
    await board.out(`cat $C/remoteproc0/devcoredump/data > ${core}`);
    if (installed('readelf')) {
      const headers = await board.out(`readelf -hlW ${core}`);
      t.match(headers, /Class: +ELF64\n/);
      t.match(headers, /LOAD +0x[0-9a-f]+ 0xffffffff80200000 0xffffffff80200000 /);
    }
    if (!installed('gdb-multiarch')) {
      t.comment('gdb-multiarch is not installed: it did not open the dump');
      return;
    }
    const ask = '-ex "info registers pc sp" -ex "x/i \\$pc"';
    const said = await board.out(`gdb-multiarch -nx -batch ${ask} ${fixture(endian, 'crash64-null')} ${core} 2>&1`);
    t.match(
      said,
      /pc: 0xffffffff802[0-9a-f]{5}\nsp: 0xffffffff802[0-9a-f]{5}\n=> 0x[0-9a-f]+ <main\+\d+>:\tlw\tzero,0\(zero\)\n/,
    );
  });
