/** A machine mounted for a measurement, in a process of its own, as a user mounts it; and what that process uses. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../test/support/repository.js';

const TICKS_PER_SECOND = 100;
const MIB_IN_KIB = 1024;

/** NODE_EXTRA_CA_CERTS makes the start of Node slower, and with it everything that is measured from a start on. */
export const environment = (): NodeJS.ProcessEnv => ({ ...process.env, NODE_EXTRA_CA_CERTS: undefined });

export interface Memory {
  /** MiB: VmRSS, and what is no other process's too. */
  readonly resident: number;
  readonly own: number;
  readonly threads: number;
}

export const here = (path: string): string => join(repository, path);

const command = (...args: string[]): string =>
  execFileSync(process.execPath, [here('bin/mips-rprocfs'), ...args], {
    encoding: 'utf8',
    env: environment(),
  });

export function memoryOf(pid: string): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (text: string, name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / MIB_IN_KIB;
  return {
    resident: mib(status, 'VmRSS'),
    own: mib(rollup, 'Private_Clean') + mib(rollup, 'Private_Dirty'),
    threads: readdirSync(`/proc/${pid}/task`).length,
  };
}

export class Mounted {
  private constructor(
    readonly root: string,
    readonly pid: string,
  ) {}

  /** Mounts, with these options of `mount`. Firmware is looked up in `firmware`. */
  static mount(firmware: string, options: readonly string[]): Mounted {
    const root = mkdtempSync(join(tmpdir(), 'mips-rprocfs-bench-'));
    command('mount', root, '--daemon', '--firmware-dir', firmware, ...options);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    const source = mounts.find((line) => line.includes(root)) ?? '';
    return new Mounted(root, /mips-rprocfs@(\d+)/.exec(source)?.[1] ?? '');
  }

  /** The same for as long as `use` takes. */
  static async with<T>(
    firmware: string,
    options: readonly string[],
    use: (board: Mounted) => T | Promise<T>,
  ): Promise<T> {
    const board = Mounted.mount(firmware, options);
    try {
      return await use(board);
    } finally {
      board.end();
    }
  }

  end(): void {
    command('umount', this.root);
    rmSync(this.root, { recursive: true });
  }

  stateFile(n = 0): string {
    return join(this.root, `sys/class/remoteproc/remoteproc${n}/state`);
  }

  start(firmware: string, n = 0): void {
    writeFileSync(join(this.root, `sys/class/remoteproc/remoteproc${n}/firmware`), firmware);
    writeFileSync(this.stateFile(n), 'start');
  }

  stop(n = 0): void {
    writeFileSync(this.stateFile(n), 'stop');
  }

  /** Milliseconds from `start` to the first byte of its trace. The firmware is stopped again. */
  startToTrace(firmware: string): number {
    const trace = join(this.root, 'sys/kernel/debug/remoteproc/remoteproc0/trace0');
    writeFileSync(join(this.root, 'sys/class/remoteproc/remoteproc0/firmware'), firmware);
    const began = performance.now();
    writeFileSync(this.stateFile(), 'start');
    while (readFileSync(trace).length === 0);
    const took = performance.now() - began;
    this.stop();
    return took;
  }

  memory(): Memory {
    return memoryOf(this.pid);
  }

  /** Seconds of CPU time that the server has used. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
}
