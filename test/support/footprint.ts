/** What a process takes of its host. */
import { readdir, readFile } from 'node:fs/promises';

export interface Footprint {
  readonly threads: number;
  readonly descriptors: number;
  /** KiB */
  readonly resident: number;
}

export async function footprint(pid: number): Promise<Footprint> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    threads: (await readdir(`/proc/${pid}/task`)).length,
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    resident: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]),
  };
}

/** CPU time of all its threads, in ticks of 10 ms. */
export async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return Number(user) + Number(system);
}
