import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Runs a verb of this program. */
export const command = (...args: string[]): string =>
  execFileSync(process.execPath, [here('bin/mips-rprocfs'), ...args], { encoding: 'utf8' });

export interface MountedProgram {
  readonly root: string;
  readonly pid: string;
  end(): void;
}

/** Mounts this program with the fixtures' firmware on a directory of its own. */
export function mountProgram(...options: readonly string[]): MountedProgram {
  const root = mkdtempSync(join(tmpdir(), 'mips-rprocfs-bench-'));
  command('mount', root, '--daemon', '--firmware-dir', here('fixtures/out/le'), ...options);
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((line) => line.includes(root));
  return {
    root,
    pid: /mips-rprocfs@(\d+)/.exec(mounted ?? '')?.[1] ?? '',
    end: () => {
      command('umount', root);
      rmSync(root, { recursive: true });
    },
  };
}

export interface Memory {
  readonly residentMib: number;
  /** What is its own alone, MiB. */
  readonly ownMib: number;
  readonly threads: number;
}

export function memoryOf(pid: string): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]) / 1024;
  return {
    residentMib: mib('Rss'),
    ownMib: mib('Private_Clean') + mib('Private_Dirty'),
    threads: readdirSync(`/proc/${pid}/task`).length,
  };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
