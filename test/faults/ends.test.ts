/** An orderly end, whatever clients hold on to. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { lines } from '../fs/mounted.js';
import { Board, mipsRprocfs, mountsBelow, scratch, within } from '../support/board.js';
import { AS_USER } from '../support/environment.js';

interface Client {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly ended: Promise<unknown>;
}

/** A shell that runs `script` in the background of the test, once that has said `open`. */
async function client(t: Test, { root }: Board, script: string): Promise<Client> {
  const [env = '', ...rest] = AS_USER;
  const child = spawn(env, [...rest, `ROOT=${root}`, 'bash', '-c', `exec 2> /dev/null; ${script}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
    await ended;
  });
  t.equal(await lines(child.stdout)(), 'open');
  return { process: child, ended };
}

/** Each holds on to something, and waits there; all but the last one ends when there is no machine any more. */
const BLOCKED = {
  'a reader of the log': 'exec 3< $ROOT/dev/kmsg; dd bs=8192 count=1 <&3 > /dev/null; echo open; cat <&3 > /dev/null',
  'a reader of rpmsg': 'exec 3<> $ROOT/dev/rpmsg0; echo open; cat <&3 > /dev/null',
  'a reader of a serial port': 'exec 3<> $ROOT/dev/vport1p0; echo open; cat <&3 > /dev/null',
};
const HOLDING = {
  'a file that is open': 'exec 3< $ROOT/sys/class/remoteproc/remoteproc2/state; echo open; read -r go',
  'a working directory': 'cd $ROOT/sys/class/remoteproc/remoteproc2 && echo open; read -r go',
};

for (const [fuse, signal] of [
  ['direct', 'SIGINT'],
  ['native', 'SIGTERM'],
] as const)
  t.test(`${signal} while clients hold on, ${fuse}`, async (t) => {
    const board = await Board.mount(t, { args: ['--fuse', fuse] });
    await board.start(0, 'rpmsg-echo');
    await board.start(1, 'case-invert');
    await board.start(2, 'spin');
    await board.until('[ -e $ROOT/dev/rpmsg0 ] && [ -e $ROOT/dev/vport1p0 ]');
    const blocked: Client[] = [];
    for (const script of Object.values(BLOCKED)) blocked.push(await client(t, board, script));
    const holding: Client[] = [];
    for (const script of Object.values(HOLDING)) holding.push(await client(t, board, script));
    const stopped = await client(
      t,
      board,
      'echo open; while read -r x < $ROOT/sys/class/remoteproc/remoteproc2/state; do :; done',
    );
    stopped.process.kill('SIGSTOP');

    board.server.kill(signal);
    t.strictSame(await within(board.exited, () => 'the server to end'), [0, null]);
    t.strictSame(await mountsBelow(board.root), []);
    await within(Promise.all(blocked.map(({ ended }) => ended)), () => 'blocked readers to be woken');
    t.pass('whoever waited is woken');
    stopped.process.kill('SIGCONT');
    await within(stopped.ended, () => 'the stopped client to end');
    for (const { process } of holding) process.stdin.end('go\n');
    await within(Promise.all(holding.map(({ ended }) => ended)), () => 'the others to end');
    t.pass('and whoever had something open goes when it wants to');
  });

for (const fuse of ['direct', 'native'])
  t.test(`a system that refuses to unmount, ${fuse}`, async (t) => {
    const path = await scratch(t);
    await writeFile(join(path, 'umount'), '#!/bin/sh\necho umount: forbidden >&2; exit 1\n', { mode: 0o755 });
    const under = ['env', `PATH=${path}:${process.env.PATH ?? ''}`];
    const { root, server, exited, log } = await Board.mount(t, { args: ['--fuse', fuse], under });
    server.kill('SIGTERM');
    t.strictSame(await within(exited, () => 'the server to end'), [1, null], 'it ends all the same');
    const said: string[] = [];
    for (let line = ' '; line !== ''; said.push(line)) line = await log.line(() => 'the end of what it says');
    t.match(said.at(-2), /^mips-rprocfs: \S+ could not be unmounted: .*umount: forbidden$/);
    t.equal((await mountsBelow(root)).length, 2);
    await Board.mount(t, { args: ['--fuse', fuse], root });
    t.equal((await mountsBelow(root)).length, 2, 'the next one takes away what was left');
  });

t.test('several that mount at once', async (t) => {
  const [one, other] = [join(await scratch(t), 'one'), join(await scratch(t), 'other')];
  const mount = (root: string, fuse: string) => mipsRprocfs('mount', root, '--daemon', '--cpus', '2', '--fuse', fuse);
  const results = await Promise.all([
    mount(one, 'direct'),
    mount(one, 'native'),
    mount(one, 'direct'),
    mount(other, 'native'),
  ]);
  t.match(results.pop(), { status: 0, err: '' }, 'different roots do not mind each other');
  const refused = results.filter(({ status }) => status !== 0);
  t.equal(refused.length, 2, 'of one root one has it');
  for (const { err } of refused) t.match(err, /^mips-rprocfs: \S+\/sys is already mounted \(mips-rprocfs@\d+, .*\n$/);
  for (const root of [one, other]) {
    t.equal((await mountsBelow(root)).length, 2);
    t.strictSame(await mipsRprocfs('umount', root), { out: '', err: '', status: 0 });
    t.strictSame(await mountsBelow(root), []);
  }
});
