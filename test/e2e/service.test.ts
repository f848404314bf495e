/** `mount` as a service of systemd: what it tells, and when; and the unit. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { lines, run, sh } from '../fs/mounted.js';
import { mipsRprocfs, PROGRAM, scratch, within } from '../support/board.js';
import { AS_USER } from '../support/environment.js';
import { installed } from '../support/fixtures.js';
import { repository } from '../support/repository.js';

interface Test {
  teardown(clean: () => Promise<void>): void;
}

/** systemd's side of the socket; it takes the descriptor of a barrier, and closes it, as systemd does. */
const RECEIVER = `import array, os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print("bound", flush=True)
while True:
    text, ancillary, _, _ = receiver.recvmsg(4096, 1024)
    print(text.decode().replace("\\n", "; "), flush=True)
    for level, kind, data in ancillary:
        if kind == socket.SCM_RIGHTS:
            for descriptor in array.array("i", data):
                os.close(descriptor)`;

async function receiver(t: Test, path: string): Promise<() => Promise<string>> {
  const child = spawn('python3', ['-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const next = lines(child.stdout);
  await within(next(), () => 'the receiver');
  return async () => {
    for (;;) {
      const line = await within(next(), () => 'a message to systemd');
      if (line !== 'BARRIER=1') return line;
    }
  };
}

const missing = ['python3', 'systemd-notify'].filter((tool) => !installed(tool));
const skip = missing.length > 0 && `${missing.join(' and ')} not installed: no message to systemd was tried`;

/** A server in the foreground, and how it ended. */
function serve(t: Test, root: string, environment: readonly string[], args: readonly string[] = []) {
  const [env = '', ...rest] = [
    ...AS_USER,
    ...environment,
    process.execPath,
    PROGRAM,
    'mount',
    root,
    '--cpus',
    '2',
    ...args,
  ];
  const child = spawn(env, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended, err: () => err };
}

t.test('ready, and stopping', { skip }, async (t) => {
  const root = await scratch(t);
  const socket = join(root, 'notify');
  const next = await receiver(t, socket);
  const { child, ended, err } = serve(t, root, [`NOTIFY_SOCKET=${socket}`], ['--quiet']);
  t.equal(await next(), `READY=1; STATUS=${root}/sys and ${root}/dev are mounted`);
  const { out } = await sh('cat "$1"/sys/class/remoteproc/remoteproc0/state', root);
  t.equal(out, 'offline\n', 'it can be used by then');
  child.kill('SIGTERM');
  t.equal(await next(), 'STOPPING=1; STATUS=Stopping the firmware and unmounting');
  await within(ended, () => 'the end');
  t.strictSame([child.exitCode, err()], [0, '']);
});

t.test('a mount in the background tells nothing', { skip }, async (t) => {
  const root = await scratch(t);
  const socket = join(root, 'notify');
  const next = await receiver(t, socket);
  t.match(await run('env', `NOTIFY_SOCKET=${socket}`, process.execPath, PROGRAM, 'mount', root, '--daemon'), {
    status: 0,
    err: '',
  });
  t.match(await mipsRprocfs('umount', root), { status: 0 });
  await run('env', `NOTIFY_SOCKET=${socket}`, 'systemd-notify', 'STATUS=of the test');
  t.equal(await next(), 'STATUS=of the test');
});

t.test('a host without systemd-notify: one line, and it serves', async (t) => {
  const root = await scratch(t);
  const path = await scratch(t);
  for (const tool of ['mount', 'umount', 'timeout', 'stat', 'stty', 'flock'])
    await symlink((await sh('command -v "$1"', tool)).out.trim(), join(path, tool));
  const { child, ended, err } = serve(t, root, [`PATH=${path}`, 'NOTIFY_SOCKET=/nowhere'], ['--quiet']);
  await sh('until cat "$1"/sys/class/remoteproc/remoteproc0/state; do sleep 0.05; done 2> /dev/null', root);
  child.kill('SIGTERM');
  await within(ended, () => 'the end');
  t.equal(child.exitCode, 0);
  t.match(
    err(),
    /^mips-rprocfs: systemd could not be told READY=1 STATUS=[^\n]* \(spawn systemd-notify ENOENT\): install systemd-notify[^\n]*\n/,
  );
});

t.test('what the unit does when the server has ended', async (t) => {
  const text = await readFile(join(repository, 'systemd/mips-rprocfs@.service'), 'utf8');
  const command = /^ExecStopPost=(.*) %f$/m.exec(text)?.[1] ?? '';
  const root = await scratch(t);
  const path = await scratch(t);
  await symlink(PROGRAM, join(path, 'mips-rprocfs'));
  t.match(await mipsRprocfs('mount', root, '--daemon', '--cpus', '2'), { status: 0 });
  const after = (code: string) =>
    run(
      ...(['env', `PATH=${path}:${process.env.PATH ?? ''}`, `EXIT_CODE=${code}`] as const),
      ...['sh', '-c', `${command} "$1"`, 'sh', root],
    );
  const state = () => sh('cat "$1"/sys/class/remoteproc/remoteproc0/state', root);
  t.strictSame(await after('exited'), { status: 0, out: '', err: '' });
  t.equal((await state()).out, 'offline\n', 'a machine of somebody else, for which a start was refused');
  t.strictSame(await after('killed'), { status: 0, out: '', err: '' });
  t.not((await state()).status, 0, 'what was left over');
});

const noAnalyze = !installed('systemd-analyze') && 'systemd-analyze is not installed: the unit was not checked';
t.test('the unit', { skip: noAnalyze }, async (t) => {
  // with the command where npm puts it
  const script = `mount -t tmpfs bin /usr/local/bin; ln -s "$1" /usr/local/bin/mips-rprocfs
    mkdir -p "$3"; cp "$2" "$3/mips-rprocfs@run-board.service"; systemd-analyze verify --man=no "$3/mips-rprocfs@run-board.service"`;
  const unit = join(repository, 'systemd/mips-rprocfs@.service');
  const directory = await scratch(t);
  t.strictSame(await run('unshare', '-m', 'sh', '-ec', script, 'sh', PROGRAM, unit, join(directory, 'units')), {
    status: 0,
    out: '',
    err: '',
  });
});
