/** A soak from its mount to its unmount, and what is left of it: nothing. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Board, mipsRprocfs, mountsBelow, PROGRAM, within } from '../support/board.js';
import { footprint, type Footprint } from '../support/footprint.js';
import { marked } from '../support/run.js';
import { noClient, rpmsgClient } from '../support/rpmsg-client.js';
import { FIRMWARE } from './changes.js';
import { Soak, type Outcome } from './soak.js';

interface Test {
  teardown(clean: () => Promise<void>): void;
}

export interface SessionOptions {
  readonly fuse: string;
  /** ms */
  readonly duration: number;
  readonly clients: number;
  readonly seed: number;
  /** Ends it early. */
  readonly interrupted?: AbortSignal;
  /** Called now and then with how it goes. */
  readonly progress?: (line: string) => void;
}

export interface Report extends Outcome {
  readonly fuse: string;
  /** When nobody does anything: after a tenth of the time, and at the end. */
  readonly idle: { readonly before: Footprint; readonly after: Footprint };
  /** KiB, every second or more; while it goes on. */
  readonly resident: readonly number[];
  /** What should not be there: a line each. */
  readonly left: readonly string[];
}

const PROCESSORS = 8;
const PERIOD = 1000;
/** The part of the time after which everything has been done that a server keeps for later. */
const WARM_UP = 0.1;
/** How long the host may take to end threads that are not needed any more, ms. */
const SETTLING = 20_000;

/** @throws WrongAnswer; Error when somebody hangs */
export async function soakSession(
  t: Test,
  { fuse, duration, clients, seed, interrupted, progress }: SessionOptions,
): Promise<Report> {
  const temporary = await mkdtemp(join(tmpdir(), 'soak-'));
  t.teardown(() => rm(temporary, { recursive: true }));
  const mark = `SOAK=${process.pid}-${fuse}-${seed}`;
  const root = join(temporary, 'root');
  const own = join(temporary, 'tmp');
  await mkdir(own);
  const client = noClient ? undefined : await rpmsgClient(t);
  const board = await Board.mount(t, {
    root,
    under: ['env', mark, `TMPDIR=${own}`],
    // with auto, its thread would come when there has been enough to do
    args: ['--fuse', fuse, '--cpus', String(PROCESSORS + 1), '--engine', 'translator', '--translation-cache', 'none'],
  });
  await board.install(...Object.keys(FIRMWARE).map((file) => file.replace('.elf', '')));
  await writeFile(join(root, 'lib/firmware/junk.elf'), 'this is no image, but it is long enough to be looked at');
  const [markName = '', markValue = ''] = mark.split('=');
  const variables = { ...places(root), PROGRAM, [markName]: markValue };
  let end = Date.now() + duration * WARM_UP;
  const soak = new Soak({
    variables,
    processors: PROCESSORS,
    clients,
    seed,
    rpmsgClient: client,
    until: () => Date.now() >= end || interrupted?.aborted === true,
  });

  // every thread for cores is there when all run at once, however short the warm-up is
  const each = `for n in $(seq 0 ${PROCESSORS - 1}); do`;
  const start = 'echo tick.elf > $C/remoteproc$n/firmware; echo start > $C/remoteproc$n/state';
  await board.install('tick');
  const stop = 'echo stop > $C/remoteproc$n/state; echo rproc-mips-cpu$((n + 1))-fw > $C/remoteproc$n/firmware';
  await board.out(`${each} ${start}; done; ${each} ${stop}; done`);
  await soak.run();
  await soak.quiet();
  const before = await settled(board.pid);
  end = Date.now() + duration * (1 - WARM_UP);
  const over = new AbortController();
  const resident: number[] = [];
  const watching = watch(board.pid, over.signal, resident, progress);
  const outcome = await soak.run().finally(() => over.abort());
  await watching;
  await soak.quiet();
  const after = await settled(board.pid, before);
  const zombies = await zombiesOf(board.pid);
  const umount = await mipsRprocfs('umount', root);
  const status = await within(board.exited, () => 'the server to end');

  const left = [
    ...zombies.map((pid) => `process ${pid} has ended, and its exit status waits for somebody`),
    ...(umount.status === 0 && umount.err === '' ? [] : [`umount ended with ${umount.status}: ${umount.err}`]),
    ...(String(status) === '0,' ? [] : [`the server ended with ${String(status)}`]),
    ...(await mountsBelow(temporary)).map(({ mountpoint }) => `${mountpoint} is still mounted`),
    ...(await marked(mark)).map((pid) => `process ${pid} still runs`),
    ...(await readdir(own)).map((name) => `temporary file ${name}`),
  ];
  return { ...outcome, fuse, idle: { before, after }, resident, left };
}

const places = (root: string): Readonly<Record<string, string>> => ({
  ROOT: root,
  SYS: `${root}/sys`,
  DEV: `${root}/dev`,
  C: `${root}/sys/class/remoteproc`,
  D: `${root}/sys/kernel/debug/remoteproc`,
  FAULTS: `${root}/sys/kernel/debug/mips-rproc`,
  CPU: `${root}/sys/devices/system/cpu`,
});

/** What it takes when nothing goes on: once that is no more than `least`, or in vain. */
async function settled(pid: number, least?: Footprint): Promise<Footprint> {
  const deadline = Date.now() + (least === undefined ? 3 * PERIOD : SETTLING);
  for (;;) {
    const now = await footprint(pid);
    const calm = least !== undefined && now.threads <= least.threads && now.descriptors <= least.descriptors;
    if (calm || Date.now() > deadline) return now;
    await delay(PERIOD / 10);
  }
}

async function watch(
  pid: number,
  over: AbortSignal,
  resident: number[],
  progress: SessionOptions['progress'],
): Promise<void> {
  const began = Date.now();
  while (!over.aborted) {
    const now = await footprint(pid);
    resident.push(now.resident);
    if (resident.length % 30 === 0)
      progress?.(
        `${Math.round((Date.now() - began) / 1000)} s: ${now.resident} KiB, ${now.threads} threads, ${now.descriptors} descriptors`,
      );
    await delay(PERIOD, undefined, { signal: over }).catch(() => undefined);
  }
}

async function zombiesOf(server: number): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' && parent === String(server)) found.push(pid);
  }
  return found;
}
