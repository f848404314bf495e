import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A process, told from a later one with the same number by when it started (field 22 of /proc/PID/stat, in ticks). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

const PERIOD = 20;

/** Undefined when there is no such process, or only its exit status is left. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // the name, in parentheses, may hold anything
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields?.[0], fields?.[19]];
  return started === undefined || state === 'Z' || state === 'X' ? undefined : { pid, started };
}

/** Whether the process has /dev/fuse open: a number from another PID namespace may be anybody's here. */
export async function servesFuse(pid: number): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''));
  return (await Promise.all(targets)).includes('/dev/fuse');
}

/** False when the process is still there after `limit` milliseconds. The kernel tells only a parent, so it is asked. */
export async function waitUntilGone({ pid, started }: ProcessIdentity, limit: number): Promise<boolean> {
  const deadline = Date.now() + limit;
  while ((await identify(pid))?.started === started) {
    if (Date.now() > deadline) return false;
    await delay(PERIOD);
  }
  return true;
}
