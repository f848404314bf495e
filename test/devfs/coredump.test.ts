/** Firmware that crashes on the machine, and the core that is left of it: docs/reference/kernel-abi.md 3.7, 3.8. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Endian } from '../../src/emu/hardware.js';
import { ElfImage, PT_LOAD, type ProgramHeader } from '../../src/rproc/elf.js';
import { Board, scratch } from '../support/board.js';
import { fixture, installed } from '../support/fixtures.js';

/** What a core or an image has from `da` on. */
function bytesAt(image: ElfImage, da: bigint, length: bigint): Uint8Array {
  const holds = ({ type, paddr, filesz }: ProgramHeader) =>
    type === BigInt(PT_LOAD) && da >= paddr && da + length <= paddr + filesz;
  const segment = [...image.programHeaders()].find(holds);
  if (segment === undefined) throw new Error(`nothing at ${da.toString(16)}`);
  return image.slice(segment.offset + da - segment.paddr, length);
}

/** A crashed processor with recovery and a core to come. */
async function crashed(t: Parameters<typeof Board.mount>[0], endian: Endian, mode: string): Promise<Board> {
  const board = await Board.mount(t, { endian });
  await board.out(`cd $C/remoteproc0; echo disabled > recovery; echo ${mode} > coredump`);
  await board.start(0, 'crash-null');
  await board.until('grep -q crashed $C/remoteproc0/state');
  return board;
}

const DATA = '$C/remoteproc0/devcoredump/data';

for (const endian of ['le', 'be'] as const)
  t.test(`enabled, ${endian}`, async (t) => {
    const board = await crashed(t, endian, 'enabled');
    const trace = await board.out('cat $D/remoteproc0/trace0');
    const entry = await board.out('sed -n "/type trace/,/Length/p" $D/remoteproc0/resource_table');
    const [, da = '', length = ''] = /Device Address (\S+)\n +Length (\S+) Bytes/.exec(entry) ?? [];
    const lines = await board.log.during(
      () => board.out('echo recover > $C/remoteproc0/recovery'),
      /handling crash #2 in mips-cpu1$/,
    );
    t.ok(lines.includes('remoteproc remoteproc0: recovering mips-cpu1'));
    t.equal(await board.out('ls $ROOT/sys/class/devcoredump'), 'devcd1\ndisabled\n');
    t.equal(
      await board.out('cd $ROOT/sys/class/devcoredump/devcd1; readlink -f failing_device; readlink -f . subsystem'),
      [
        `${board.root}/sys/devices/mips-rproc/remoteproc/remoteproc0`,
        `${board.root}/sys/devices/virtual/devcoredump/devcd1`,
        `${board.root}/sys/class/devcoredump\n`,
      ].join('\n'),
    );
    const file = join(await scratch(t), 'core');
    await board.out(`cat ${DATA} > ${file}`);
    const core = new ElfImage(await readFile(file), endian);
    const firmware = new ElfImage(await readFile(fixture(endian, 'crash-null')), endian);
    const [code] = [...firmware.programHeaders()];
    if (code === undefined) throw new Error('the fixture has no segment');
    t.strictSame(bytesAt(core, code.paddr, code.filesz), bytesAt(firmware, code.paddr, code.filesz), 'the code');
    const buffer = Buffer.from(bytesAt(core, BigInt(da), BigInt(length)));
    t.equal(buffer.toString('latin1', 0, buffer.indexOf(0)), trace, 'what it had said when it crashed');
    t.equal(core.header.entry, firmware.header.entry);

    if (installed('readelf')) {
      const shown = await board.out(`readelf -hlW ${file}`);
      t.match(shown, `2's complement, ${endian === 'le' ? 'little' : 'big'} endian`);
      t.match(shown, /Type: +CORE \(Core file\)\n +Machine: +MIPS R3000\n/);
      t.match(shown, /LOAD +0x000188 0x10000000 0x10000000 0x06000 0x06000 RWE 0\n/);
      t.match(await board.out(`readelf -nW ${file}`), 'NT_PRSTATUS');
    }
    if (installed('gdb-multiarch')) {
      const ask = '-ex "info registers pc sp" -ex "x/i \\$pc"';
      const shown = await board.out(`gdb-multiarch -nx -batch ${ask} ${fixture(endian, 'crash-null')} ${file} 2>&1`);
      t.match(
        shown,
        /pc: 0x10000488\nsp: 0x10004068\n=> 0x10000488 <main\+\d+>:\tlw\tzero,0\(zero\)\n/,
        'gdb shows where it crashed',
      );
    } else t.comment('gdb-multiarch is not installed: it did not open the dump');
    if (installed('busybox'))
      t.equal(
        await board.out(`busybox cat ${DATA} | cmp - ${file}`),
        '',
        'a program that copies by sendfile gets it all',
      );
    t.equal((await board.sh(`rm ${DATA}`)).status, 1);
    t.equal(
      await board.out(`: > ${DATA}; ls $ROOT/sys/class/devcoredump`),
      'devcd1\ndisabled\n',
      'truncation is no write',
    );
    t.equal(
      await board.out(
        `exec 3< ${DATA}; echo x >> ${DATA}; cat 0<&3 2>&1 | sed 's/.*: //'; ls $ROOT/sys/class/devcoredump`,
      ),
      'No such device\ndisabled\n',
    );
    t.equal((await board.sh('ls -d $C/remoteproc0/devcoredump $ROOT/sys/devices/virtual/devcoredump')).status, 2);
  });

t.test('inline: whoever recovers it waits for whoever reads it', async (t) => {
  const board = await crashed(t, 'le', 'inline');
  const recovering = board.out('echo recover > $C/remoteproc0/recovery');
  await board.until(`test -e ${DATA}`);
  t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n');
  t.equal((await board.sh('timeout 0.2 sh -c "echo stop > $C/remoteproc0/state"')).status, 124, 'the lock is held');
  t.equal(await board.out(`cat ${DATA} | wc -c`), `${0x188 + 0x6000}\n`);
  t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n', 'reading does not free it');
  await board.out(`echo 1 > ${DATA}`);
  await recovering;
  await board.until('grep -q crashed $C/remoteproc0/state');
  t.equal(await board.out('ls $ROOT/sys/class/devcoredump'), 'disabled\n');
});

t.test('a machine that is unmounted while a recovery waits for its reader ends', async (t) => {
  const board = await crashed(t, 'le', 'inline');
  const recovering = board.sh('echo recover > $C/remoteproc0/recovery');
  await board.until(`test -e ${DATA}`);
  board.server.kill('SIGTERM');
  t.strictSame(await board.exited, [0, null]);
  await recovering;
});

t.test('disabled for good', async (t) => {
  const board = await crashed(t, 'le', 'enabled');
  await board.out('echo recover > $C/remoteproc0/recovery');
  await board.until('grep -q crashed $C/remoteproc0/state');
  t.equal(await board.out('cd $ROOT/sys/class/devcoredump; echo 1 > disabled; cat disabled; ls'), '1\ndisabled\n');
  t.equal((await board.sh('/bin/echo 0 > $ROOT/sys/class/devcoredump/disabled')).status, 1);
  await board.log.during(() => board.out('echo recover > $C/remoteproc0/recovery'), /handling crash #3 in mips-cpu1$/);
  t.equal(await board.out('ls $ROOT/sys/class/devcoredump'), 'disabled\n');
});
