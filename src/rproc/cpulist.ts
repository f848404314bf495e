import { Errno } from '../kernel/index.js';

/** `0-2,5` for a set of CPU numbers; empty for none. */
export function formatCpuList(cpus: Iterable<number>): string {
  const runs: [number, number][] = [];
  for (const cpu of [...cpus].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.[1] === cpu - 1) last[1] = cpu;
    else runs.push([cpu, cpu]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

const REGION = /^(?:(all)|(\d+|N)(?:-(\d+|N))?)(?::(\d+)\/(\d+))?$/;

/**
 * bitmap_parselist(): numbers and ranges, `a-b:used/group` for part of each group, `N` for the last number, `all`;
 * separated by commas or white space.
 *
 * @throws Errno EINVAL for anything else, ERANGE for a number of `limit` or above, EOVERFLOW above 2^32 - 1.
 */
export function parseCpuList(text: string, limit: number): Set<number> {
  const cpus = new Set<number>();
  for (const region of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const match = REGION.exec(region);
    if (match === null) throw new Errno('EINVAL');
    const [, all, from = '', to = from, used, group] = match;
    const [first, last] = all === undefined ? [number(from, limit), number(to, limit)] : [0, limit - 1];
    const [take, of] = used === undefined || group === undefined ? [1, 1] : [number(used, limit), number(group, limit)];
    if (first > last || of === 0 || take > of) throw new Errno('EINVAL');
    if (last >= limit) throw new Errno('ERANGE');
    for (let cpu = first; cpu <= last; cpu++) if ((cpu - first) % of < take) cpus.add(cpu);
  }
  return cpus;
}

function number(digits: string, limit: number): number {
  const value = digits === 'N' ? limit - 1 : Number(digits);
  if (value > 0xffff_ffff) throw new Errno('EOVERFLOW');
  return value;
}
