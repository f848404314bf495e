/** A firmware that crashes at each start, and is recovered each time: for as long as nobody stops it. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { Board, mipsRprocfs, PROGRAM } from '../support/board.js';

const [WARM, LATER] = [800, 1800];
/** Of so many recoveries, behind those that fill the log: what each of them kept would come to more. */
const MOST_GROWTH_KIB = 45 * 1024;

async function residentKib(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

t.test('recovered for ever', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '3'] });
  await board.start(0, 'crash-null');
  const crashes = (most: number) =>
    board.until(`[ "$(sed -n 's/^crashes //p' $ROOT/sys/kernel/debug/mips-rproc/remoteproc0/status)" -ge ${most} ]`);
  await crashes(WARM);
  const before = await residentKib(board.pid);
  await crashes(LATER);
  const grown = (await residentKib(board.pid)) - before;
  t.ok(grown < MOST_GROWTH_KIB, `grown by ${grown} KiB from crash ${WARM} to ${LATER}`);

  await board.start(1, 'hello');
  t.match(await board.out('cat $D/remoteproc1/trace0'), /^hello from mips-cpu2/, 'others are served meanwhile');
  const why = await mipsRprocfs('why', board.root, '0');
  t.match(why, { status: 0, err: '', out: /It used a null pointer/ });
  t.equal(why.out.match(/crash detected in/g)?.length, 1, 'of the crashes, the last one is told');
  t.match(why.out, /\(what was said of \d+ crashes before is left out: /);
  const lines = Number(await board.out('node "$1" dmesg $ROOT | wc -l', PROGRAM));
  t.ok(lines > 1000, `the log can be read to its end: ${lines} lines`);
  t.match(await mipsRprocfs('status', board.root), { status: 0, out: /crash-null\.elf/ });

  await board.out('echo disabled > $C/remoteproc0/recovery');
  await board.until('[ $(cat $C/remoteproc0/state) = crashed ]');
  await board.out('echo stop > $C/remoteproc0/state');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n', 'and it can be stopped');
});
