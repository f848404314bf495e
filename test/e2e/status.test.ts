/** `status`: what runs, how fast, and what crashed; of one machine, of all, and of one that is dead. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Board, mipsRprocfs, PROGRAM, scratch } from '../support/board.js';
import { asOther, noOtherUser } from '../support/other-user.js';

interface Shown {
  readonly root: string;
  readonly problem: string | null;
  readonly processors: readonly Record<string, unknown>[];
}

const isShown = (value: unknown): value is Shown[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && 'processors' in one);

async function json(...args: string[]): Promise<Shown[]> {
  const { out, err } = await mipsRprocfs('status', '--json', ...args);
  const value: unknown = JSON.parse(out);
  if (err !== '' || !isShown(value)) throw new Error(`no status: ${out}${err}`);
  return value;
}

t.test('a machine whose processors spin, wait, and crash', async (t) => {
  const board = await Board.mount(t);
  const [idle] = await json(board.root);
  t.match(idle, { root: board.root, pid: board.pid, problem: null });
  t.same(idle?.processors[0], {
    n: 0,
    name: 'mips-cpu1',
    state: 'offline',
    firmware: 'rproc-mips-cpu1-fw',
    uptime: null,
    starts: 0,
    instructions: 0,
    instructionsPerSecond: null,
    crashes: 0,
    lastCrash: null,
  });

  await board.start(0, 'spin');
  await board.start(1, 'wait');
  await board.out('echo disabled > $C/remoteproc2/recovery');
  await board.start(2, 'crash-null');
  await board.until('grep -q crashed $C/remoteproc2/state');
  const [busy] = await json(board.root);
  const [spinning, waiting, crashed] = busy?.processors ?? [];
  t.match(spinning, { state: 'running', firmware: 'spin.elf', starts: 1, crashes: 0 });
  for (const key of ['uptime', 'instructions', 'instructionsPerSecond'])
    t.ok(Number(spinning?.[key]) > 0, key, { spinning });
  t.match(waiting, { state: 'running', instructionsPerSecond: 0, instructions: Number });
  t.match(crashed, {
    ...{ state: 'crashed', uptime: null, instructionsPerSecond: null, crashes: 1 },
    lastCrash: { time: Number, type: 'fatal error', reason: /^TLB miss on a load at 0x1000\w+, address 0x00000000/ },
  });

  const { out, err, status } = await mipsRprocfs('status', board.root);
  t.strictSame([status, err], [0, '']);
  const [title = '', heading = '', ...rows] = out.trimEnd().split('\n');
  t.equal(title, `${board.root}, process ${board.pid}`);
  t.match(heading, /^N {2}NAME +STATE +FIRMWARE +UPTIME +INSTR\/S +CRASHES +LAST CRASH$/);
  t.match(rows[0], /^0 {2}mips-cpu1 +running +spin\.elf +\d+\.\d s +\d[\d.]* [kMG] +0 +-$/);
  t.match(rows[1], /^1 {2}mips-cpu2 +running +wait\.elf +\d+\.\d s +0 +0 +-$/);
  t.match(rows[2], /^2 {2}mips-cpu3 +crashed +crash-null\.elf +- +- +1 +\[\d+\.\d{6}\] TLB miss on a load at /);

  const began = performance.now();
  await board.out('echo stop > $C/remoteproc0/state; echo start > $C/remoteproc0/state');
  const [again] = await json(board.root);
  const most = (performance.now() - began) / 1000;
  t.match(again?.processors[0], { starts: 1, uptime: Number });
  t.ok(Number(again?.processors[0]?.['uptime']) < most, 'uptime counts from the last start', { again, most });

  // what is a file of ours is not for everyone
  t.equal(await board.out('stat -c %a $ROOT/sys/kernel/debug/mips-rproc/remoteproc0/status'), '400\n');
});

t.test('every machine of the host, also one that is dead', async (t) => {
  const one = await Board.mount(t, { args: ['--cpus', '2'] });
  const two = await Board.mount(t, { args: ['--cpus', '2'] });
  const roots = async () => (await json()).map(({ root, problem }) => [root, problem]);
  const ours = (all: (string | null)[][]) => all.filter(([root]) => root === one.root || root === two.root);
  t.strictSame(
    ours(await roots()).sort(),
    [
      [one.root, null],
      [two.root, null],
    ].sort(),
  );
  two.server.kill('SIGKILL');
  await two.exited;
  const all = await mipsRprocfs('status');
  t.equal(all.status, 1);
  t.match(all.out, `${two.root} is left over from a process that died: run \`mips-rprocfs umount ${two.root}\``);
  t.match(await mipsRprocfs('status', two.root), { status: 1, out: '', err: /is left over from a process that died/ });
  await mipsRprocfs('umount', two.root);
});

t.test('machines that end while it looks', async (t) => {
  const root = join(await scratch(t), 'root');
  await mkdir(root);
  const others = (async () => {
    for (let times = 0; times < 4; times++) {
      t.equal((await mipsRprocfs('mount', '--daemon', '--cpus', '2', root)).status, 0);
      t.equal((await mipsRprocfs('umount', root)).status, 0);
    }
    return true;
  })();
  do {
    const { out, err } = await mipsRprocfs('status');
    t.equal(err, '');
    t.notMatch(out, `${root} has ended`);
    t.notMatch(out, `${root} is `, 'neither dead nor hanging');
  } while (!(await Promise.race([others, delay(1, false)])));
});

t.test('where no machine is', async (t) => {
  const root = join(await scratch(t), 'none');
  t.match(await mipsRprocfs('status', root), {
    status: 1,
    out: '',
    err: /^mips-rprocfs: no machine is mounted at .*\n$/,
  });
});

t.test('a machine in a directory that another user keeps closed', { skip: noOtherUser }, async (t) => {
  const { root } = await Board.mount(t, { args: ['--cpus', '2'] });
  const kept = / is kept from you by the user who mounted it: run this as that user[^\n]*\n/;
  const status = '"$1" "$2" status $3';
  t.match(await asOther(status, process.execPath, PROGRAM, root), { status: 1, out: '', err: kept });
  const { out } = await asOther(status, process.execPath, PROGRAM);
  t.match(out, new RegExp(`^${root}${kept.source}`, 'm'), 'it is not said to hang');
});
