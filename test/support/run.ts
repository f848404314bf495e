/** Commands under `run`, as different users, and what is left of them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { run, type Ran } from '../fs/mounted.js';
import { PROGRAM } from './board.js';
import { AS_USER } from './environment.js';

const NOBODY = '65534';

/** A /dev/fuse as most hosts have it, which everybody may open; then a user without any privilege. */
const AS_NOBODY = `set -e
mount -t tmpfs test /mnt
mknod -m 666 /mnt/fuse c 10 229
mount --bind /mnt/fuse /dev/fuse
umount -l /mnt
cd /
PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$@"`;

/** Commands that start another one as somebody. */
export const USERS: Readonly<Record<string, readonly string[]>> = {
  root: [],
  'an ordinary user': ['unshare', '-m', 'sh', '-c', AS_NOBODY, 'sh'],
};

/** What podman makes of `--user` and `--cap-add SYS_ADMIN`: not root, but able to mount, were it not for mount(8). */
export const WITH_CAPABILITY: readonly string[] = [
  ...(USERS['an ordinary user'] ?? []),
  ...['--inh-caps=+sys_admin', '--ambient-caps=+sys_admin'],
];

/** Why this user cannot use `run` on this host; undefined when he can. */
export async function lacking(user: string): Promise<string | undefined> {
  const { err, status } = await run(...command(user, ['true']));
  return status === 0 ? undefined : `${user} cannot use it on this host: ${err.trim()}`;
}

const command = (user: string, args: readonly string[]): [string, ...string[]] => {
  const [first = process.execPath, ...rest] = [...(USERS[user] ?? []), process.execPath, PROGRAM, 'run', ...args];
  return [first, ...rest];
};

export const runAs = (user: string, ...args: string[]): Promise<Ran> => run(...command(user, args));
/** With what a shell is told, at the end. */
export const runSh = (user: string, script: string, ...args: string[]): Promise<Ran> =>
  runAs(user, '--', 'bash', '-c', script, 'bash', ...args);

interface Test {
  teardown(clean: () => Promise<void>): void;
}

export interface Started {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Exit status or signal. */
  readonly ended: Promise<number | string>;
  /** What came on standard output until now. */
  readonly out: () => string;
}

/** Starts a command under `run`, which prints `ready` when it is; killed when the test ends. */
export async function startAs(t: Test, user: string, ...args: string[]): Promise<Started> {
  const [first, ...rest] = [...AS_USER, ...command(user, args)];
  const child = spawn(first ?? '', rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code, signal]: (number | string)[]) => code ?? signal ?? '');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  while (!out.includes('ready')) await Promise.race([once(child.stdout, 'data'), ended.then(fail)]);
  return { process: child, pid: child.pid ?? 0, ended, out: () => out };
}

const fail = (status: number | string): never => {
  throw new Error(`it ended before it was ready: ${status}`);
};

/** Processes whose file of this name in /proc says `text`. */
async function processesWith(file: string, text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const content = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      return content.includes(text) ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Everybody who was started with this environment variable, and so all that a test has started. */
export const marked = (mark: string): Promise<string[]> => processesWith('environ', mark);

/** Waits until none of those is left; gives who is. */
export async function survivors(mark: string): Promise<string[]> {
  for (let round = 0; round < 100 && (await marked(mark)).length > 0; round++) await delay(50);
  return marked(mark);
}
