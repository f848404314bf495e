/** How `run` ends: signals, the time limit, and kill -9 of each of its processes. Nothing is ever left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { codeOf } from '../../src/fs/node-error.js';
import { run, sh } from '../fs/mounted.js';
import { PROGRAM, within } from '../support/board.js';
import { installed } from '../support/fixtures.js';
import { lacking, marked, runAs, startAs, survivors, USERS } from '../support/run.js';

/** What a session is recognized by, also processes that left their parents: its environment. */
const mark = (name: string): string => `RUN_TEST=${process.pid}-${name}`;

/** A script whose processes hold on: in the background, in a session and in a namespace of their own, reading our files. */
const CLINGING = `exec 3< /sys/class/remoteproc/remoteproc0/state
setsid sleep 600 & unshare -m sleep 601 & cat /dev/kmsg > /dev/null &
echo ready; sleep 602; echo over`;

const children = async (pid: number | string): Promise<string[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter((child) => child !== '');
/** Undefined when the process has ended since it was listed. */
const commandLine = async (pid: string): Promise<string | undefined> => {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined;
    throw error;
  }
};

/** The processes of a session that belong to `run`, and the command, by what they are. */
async function family(pid: number): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = { program: String(pid) };
  let server = String(pid);
  for (let at = 0; at < 3; at++)
    for (const child of await children(server)) {
      const text = await commandLine(child);
      if (text === undefined) continue;
      if (text.includes(PROGRAM)) found.server = server = child;
      else if (text.includes('mountinfo')) found.sweeper = child;
      else found.command = child;
    }
  return found;
}

for (const user of Object.keys(USERS)) {
  const skip = (await lacking(user)) ?? false;
  if (skip !== false) t.comment(skip);
  const victims = user === 'root' ? ['program', 'sweeper', 'command'] : ['program', 'server', 'sweeper', 'command'];

  for (const victim of victims)
    t.test(`kill -9 of the ${victim}, ${user}`, { skip }, async (t) => {
      const name = mark(`${user}-${victim}`);
      const started = await startAs(t, user, '--', 'env', name, 'sh', '-c', CLINGING);
      const members = await family(started.pid);
      t.strictSame(Object.keys(members).sort(), [...new Set([...victims, 'program'])].sort());
      t.ok((await marked(name)).length >= 4, 'all are there');
      process.kill(Number(members[victim]), 'SIGKILL');
      if (victim === 'sweeper') {
        // another one takes its place
        let next: string | undefined;
        while (next === undefined || next === members.sweeper) {
          await delay(20);
          next = (await family(started.pid)).sweeper;
        }
        t.ok((await marked(name)).length >= 4, 'nobody else minds');
        process.kill(Number(members.server ?? members.program), 'SIGKILL');
      }
      await started.ended;
      t.strictSame(await survivors(name), []);
      const gone = async () =>
        (await sh(`kill -0 ${Object.values(members).join(' ')} 2>&1`)).out.split('No such process').length - 1;
      for (let round = 0; round < 100 && (await gone()) < Object.keys(members).length; round++) await delay(50);
      t.equal(await gone(), Object.keys(members).length);
      t.notMatch(started.out(), 'over');
    });

  t.test(`signals, ${user}`, { skip }, async (t) => {
    const name = mark(`${user}-signals`);
    const script = `n=0; trap 'echo term' TERM; trap 'echo int' INT; trap 'echo usr1' USR1; trap 'exit 7' HUP
      echo ready; while :; do sleep 0.05; done`;
    const started = await startAs(t, user, '--', 'env', name, 'sh', '-c', script);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1'] as const) {
      started.process.kill(signal);
      const word = `${signal.slice(3).toLowerCase()}\n`;
      while (!started.out().includes(word)) await delay(20);
    }
    started.process.kill('SIGHUP');
    t.equal(await started.ended, 7);
    t.equal(started.out(), 'ready\nterm\nint\nusr1\n', 'each once');
    t.strictSame(await survivors(name), []);
  });

  t.test(`what the command leaves behind, and --timeout, ${user}`, { skip }, async (t) => {
    const left = mark(`${user}-left`);
    t.match(await runAs(user, '--', 'env', left, 'sh', '-c', 'setsid sleep 600 > /dev/null & exit 5'), {
      status: 5,
      err: '',
    });
    t.strictSame(await marked(left), [], 'is gone when it returns');
    const late = mark(`${user}-late`);
    const stubborn = `trap 'echo asked' TERM; sleep 600 & while :; do wait; sleep 1; done`;
    t.match(await runAs(user, '--timeout', '1.5', '--', 'env', late, 'sh', '-c', stubborn), {
      status: 124,
      out: /^asked\n/,
    });
    t.strictSame(await marked(late), []);
    t.match(await runAs(user, '--timeout', '10', '--', 'sh', '-c', 'exit 6'), { status: 6 }, 'in time');
  });
}

for (const moment of ['before', 'after'] as const)
  t.test(
    `the shell that would become the command is killed ${moment} the program looks into its namespace`,
    async (t) => {
      const name = mark(`early-${moment}`);
      const program = spawn('env', [name, process.execPath, PROGRAM, 'run', '--', 'echo', 'over'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(program, 'close');
      t.teardown(() => void program.kill('SIGKILL'));
      let out = '';
      program.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      const pid = program.pid ?? 0;
      let shell: string | undefined;
      while (shell === undefined) {
        await delay(5);
        shell = await mountedBy(pid);
      }
      if (moment === 'before') {
        process.kill(pid, 'SIGSTOP');
        // it says that all is mounted, and waits for an answer
        await delay(500);
      }
      process.kill(Number(shell), 'SIGKILL');
      process.kill(pid, 'SIGCONT');
      t.strictSame(await within(ended, () => 'the end of run'), [137, null]);
      t.equal(out, '');
      t.strictSame(await survivors(name), []);
    },
  );

t.test('a starter that goes before there is anything to end', async (t) => {
  const name = mark('starter');
  // as `test` starts it: the machine ends with whoever has the other end of descriptor 3
  const starter = ['exec "$@" 3< <(:)', 'exec "$@" 3< <(exec sleep 0.6)'];
  for (const script of starter) {
    const ended = run(
      ...(['bash', '-c', script, 'bash', 'env', name, 'MIPS_RPROCFS_STARTER=3'] as const),
      ...[process.execPath, PROGRAM, 'run', '--', 'sh', '-c', 'sleep 30; echo over'],
    );
    t.match(await within(ended, () => 'the end of run'), { out: '', status: 137 });
    t.strictSame(await survivors(name), []);
  }
});

/** The child of that process which has mounted our devices. */
async function mountedBy(pid: number): Promise<string | undefined> {
  for (const child of await children(pid)) {
    const mounts = await readFile(`/proc/${child}/mountinfo`, 'utf8').catch(() => '');
    if (mounts.split(` mips-rprocfs@${pid} `).length > 2) return child;
  }
  return undefined;
}

t.test('two at once', async (t) => {
  const script = 'echo ready; read line < "$1"; ls /sys/class/remoteproc | wc -l';
  await sh('mkfifo "$1"', `/tmp/${process.pid}.fifo`);
  t.teardown(async () => {
    await sh('rm "$1"', `/tmp/${process.pid}.fifo`);
  });
  const one = await startAs(t, 'root', '--cpus', '2', '--', 'sh', '-c', script, 'sh', `/tmp/${process.pid}.fifo`);
  t.match(
    await runAs(
      'root',
      '--',
      'sh',
      '-c',
      'ls /sys/class/remoteproc | wc -l; echo > "$1"',
      'sh',
      `/tmp/${process.pid}.fifo`,
    ),
    {
      out: '3\n',
      status: 0,
    },
  );
  t.equal(await one.ended, 0);
  t.equal(one.out(), 'ready\n1\n');
});

t.test('readers that go away, and no standard streams', async (t) => {
  const command = [process.execPath, PROGRAM, 'run', '--'];
  t.match(await run('bash', '-c', '"$@" | head -n 1; echo ${PIPESTATUS[0]}', 'bash', ...command, 'yes'), {
    out: 'y\n141\n',
    err: '',
  });
  t.match(await run('sh', '-c', '"$@" <&- >&- 2>&-', 'sh', ...command, 'sh', '-c', 'exit 8'), { status: 8 });
});

/** Types `lines` into `command` at a terminal, each when the text before it has come; gives all that was shown. */
async function typed(command: string, lines: readonly (readonly [after: string, text: string])[]): Promise<string> {
  const terminal = spawn('timeout', ['60', 'script', '-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(terminal, 'close').then(() => true);
  let all = '';
  let seen = 0;
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (all += text));
  for (const [after, text] of lines) {
    while (!all.includes(after, seen)) {
      const over = await Promise.race([once(terminal.stdout, 'data').then(() => false), ended]);
      if (over) throw new Error(`it ended before ${after}, after:\n${all}`);
    }
    seen = all.length;
    // the shell may not have taken the terminal yet when it has shown its prompt
    await delay(200);
    terminal.stdin.write(text);
  }
  await ended;
  return all.replaceAll('\r', '');
}

const noScript = !installed('script') && 'script(1) is not installed: no terminal was tried';
t.test('an interactive shell', { skip: noScript }, async (t) => {
  const outer = "env TERM=dumb PS1='out$ ' bash --norc --noprofile -i";
  const inner = `PS1='i''n$ ' ${process.execPath} ${PROGRAM} run -- bash --norc --noprofile -i`;
  const shown = await typed(outer, [
    ['out$', 'unset NODE_OPTIONS; stty cols 91 rows 21\n'],
    ['out$', `${inner}\n`],
    ['in$', "stty size; tty; echo wi''dth\n"],
    ['width', 'sleep 600\n'],
    ['sleep 600', '\u0003'],
    ['^C', "echo interrupt''ed=$?\n"],
    ['interrupted=130', 'sleep 601\n'],
    ['sleep 601', '\u001a'],
    ['Stopped', "kill %1; fg; echo kill''ed\n"],
    ['killed', 'suspend\n'],
    ['Stopped', "echo out''side; ls /sys/class/remoteproc; fg\n"],
    ['outside', "echo in''side; ls -d /sys/class/remoteproc\n"],
    ['inside', 'exit 4\n'],
    ['exit', "echo stat''us=$?\n"],
    ['status=', 'exit\n'],
  ]);
  t.match(shown, /\n21 91\n/, 'the size of the terminal');
  t.match(shown, /\nstatus=4\n/);
  t.match(shown, /No such file[^]*\n[/]sys[/]class[/]remoteproc\n/, 'outside not, inside again');
});
