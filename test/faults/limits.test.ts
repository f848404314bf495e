/** A host that has no more to give: clients get an errno, and the server goes on, or ends, but leaves nobody waiting. */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import t from 'tap';
import { run } from '../fs/mounted.js';
import { Board, mipsRprocfs, within } from '../support/board.js';
import { installed } from '../support/fixtures.js';

const skip = installed('prlimit') ? false : 'prlimit(1) is not installed';

async function limit(pid: number, option: string): Promise<void> {
  const { status, err } = await run('prlimit', '-p', String(pid), option);
  if (status !== 0) throw new Error(err);
}

/** A limit of descriptors below which there are so many that are not in use. */
async function limitWith(spare: number, pid: number): Promise<number> {
  const used = new Set((await readdir(`/proc/${pid}/fd`)).map(Number));
  let limit = 0;
  for (let found = 0; found < spare || used.has(limit); limit++) if (!used.has(limit)) found++;
  return limit;
}

for (const fuse of ['direct', 'native'])
  t.test(`no more descriptors, ${fuse}`, { skip }, async (t) => {
    const board = await Board.mount(t, { args: ['--fuse', fuse] });
    await board.install('hello', 'rpmsg-tty');
    await board.out('for n in 0 1; do echo rpmsg-tty.elf > $C/remoteproc$n/firmware; done');
    // the first one has the thread that every machine has
    await board.out('echo start > $C/remoteproc0/state');
    // and terminals of its own, which come up behind it
    await board.until('[ -e $ROOT/dev/ttyRPMSG1 ]');
    // none for the image; then none for the second thread, which a host with one processor does without
    const cases = [
      [0, 'Too many open files'],
      [1, 'Invalid argument'],
    ] as const;
    for (const [spare, reason] of cases.slice(0, availableParallelism())) {
      await limit(board.pid, `--nofile=${await limitWith(spare, board.pid)}:4096`);
      t.match(await board.sh('/bin/echo start > $C/remoteproc1/state'), { status: 1, err: `write error: ${reason}\n` });
      t.equal(await board.out('cat $C/remoteproc0/state $C/remoteproc1/state'), 'running\noffline\n');
      t.match((await board.log.until(/Boot failed: /)).at(-1), /: Boot failed: -(24|22)$/);
    }
    await limit(board.pid, '--nofile=4096:4096');
    await board.out('echo start > $C/remoteproc1/state');
    await board.until('[ -e $ROOT/dev/ttyRPMSG3 ]');
    t.pass('works again when there are some');
  });

t.test('no more memory', { skip }, async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'tick');
  await board.out('truncate -s 200M $FW/large.elf; echo large.elf > $C/remoteproc1/firmware');
  const size = Number(/^VmSize:\s+(\d+) kB$/m.exec(await readFile(`/proc/${board.pid}/status`, 'utf8'))?.[1]) * 1024;
  await limit(board.pid, `--as=${size + 4_000_000}`);
  // V8 ends the process when it cannot even collect its garbage; then every client is told that nobody is there
  t.match(await board.sh('/bin/echo start > $C/remoteproc1/state'), {
    status: 1,
    err: /: (Cannot allocate memory|Input\/output error|Software caused connection abort|Transport endpoint is not connected)\n/,
  });
  const { out, err } = await board.sh('cat $C/remoteproc0/state');
  t.match(out + err, /^running\n$|Transport endpoint is not connected/);
  board.server.kill('SIGKILL');
  await within(board.exited, () => 'the server to end');
  t.strictSame(await mipsRprocfs('umount', board.root), { out: '', err: '', status: 0 });
});
