/** The machines that are mounted here, whoever serves them; seen as a client sees them, through the mounts. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, health, mounts, reachable, type Health } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { servingProcess } from './mount-source.js';

export interface MountedMachine {
  /** Absolute, without links. */
  readonly root: string;
  /** The process that serves it. */
  readonly pid: number;
}

/** ROOT/sys, or a part of it that stands for it, as `run` mounts: the class, or all of them where the host has none such. */
const MOUNTPOINT = /^(.*)\/sys(?:\/class(?:\/remoteproc)?)?$/;

/** In the order in which they were mounted. One that answers no more is among them. */
export async function mountedMachines(): Promise<MountedMachine[]> {
  const found = new Map<string, MountedMachine>();
  for (const { mountpoint, type, source } of reachable(await mounts())) {
    const pid = type.startsWith('fuse') ? servingProcess(source) : undefined;
    const before = MOUNTPOINT.exec(mountpoint)?.[1];
    if (pid === undefined || before === undefined) continue;
    const root = before === '' ? '/' : before;
    found.set(root, { root, pid });
  }
  return [...found.values()];
}

const UNSERVED = new Set<unknown>(['ENOTCONN', 'ECONNABORTED']);

/** What using a machine throws when the process that served it has ended meanwhile. */
export const isUnserved = (error: unknown): boolean => UNSERVED.has(codeOf(error));

/** Of these, those that have not been unmounted meanwhile. */
export async function stillMounted<T extends MountedMachine>(machines: readonly T[]): Promise<T[]> {
  const roots = new Set((await mountedMachines()).map(({ root }) => root));
  return machines.filter(({ root }) => roots.has(root));
}

/** A part of the mount that every one has: what answers for ROOT. */
export const CLASS = 'sys/class/remoteproc';

export const healthOf = ({ root }: MountedMachine): Promise<Health> => health(join(root, CLASS));

/** What the user has to do about a machine that does not answer. */
export function remedyOf({ root, pid }: MountedMachine, found: Exclude<Health, 'alive'>): string {
  switch (found) {
    case 'stale':
      return `is left over from a process that died: run \`mips-rprocfs umount ${root}\``;
    case 'hung':
      return `is served by a process that does not answer: end process ${pid}, then run \`mips-rprocfs umount ${root}\``;
    case 'closed':
      return 'is kept from you by the user who mounted it: run this as that user, or have it mounted with `--allow-other`';
  }
}

/** The machine at `root`, or the only one that is mounted. @throws CommandError when there is none, or it does not answer. */
export async function findMachine(root?: string): Promise<MountedMachine> {
  const machine = root === undefined ? await onlyMachine() : await machineAt(root);
  const found = await healthOf(machine);
  if (found !== 'alive') throw new CommandError(`${machine.root} ${remedyOf(machine, found)}`);
  return machine;
}

async function onlyMachine(): Promise<MountedMachine> {
  const machines = await mountedMachines();
  const [machine, ...others] = machines;
  if (machine === undefined)
    throw new CommandError('no machine is mounted here: `mips-rprocfs mount ROOT --daemon` mounts one');
  if (others.length > 0)
    throw new CommandError(
      `${machines.length} machines are mounted here: say which, by its ROOT (${machines.map((one) => one.root).join(', ')})`,
    );
  return machine;
}

async function machineAt(root: string): Promise<MountedMachine> {
  const path = await realpath(root).catch(() => root);
  const machine = (await mountedMachines()).find((one) => one.root === path);
  if (machine === undefined)
    throw new CommandError(`no machine is mounted at ${root}: \`mips-rprocfs status\` shows where there are some`);
  return machine;
}
