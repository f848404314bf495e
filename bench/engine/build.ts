/** Builds the workloads (bench/workloads) with the compilers that are there, into a directory of the build. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installed } from '../../test/support/fixtures.js';
import { repository } from '../../test/support/repository.js';
import { Failure } from './failure.js';

/** The means over these are what the engines are compared by. */
export const INTEGER = ['mix', 'dhry', 'mem', 'sha', 'branch'] as const;
const PORTABLE: readonly string[] = [...INTEGER, 'mat', 'large', 'indirect'];
/** What touches the machine itself has no meaning outside of it. */
const OF_A_MACHINE: readonly string[] = ['mmio', 'syscall'];
export const WORKLOADS: readonly string[] = [...PORTABLE, ...OF_A_MACHINE];
export const isPortable = (workload: string): boolean => PORTABLE.includes(workload);

export type Target = 'mips' | 'native' | 'wasm';

const TOOLS: Readonly<Record<Target, readonly string[]>> = {
  mips: ['make', 'mipsel-linux-gnu-gcc'],
  native: ['make', 'gcc'],
  wasm: ['make', 'clang-14', 'wasm-ld-14'],
};

/** Why this target cannot be built here; undefined when it can. */
export function lacking(target: Target): string | undefined {
  const tools = TOOLS[target].filter((tool) => !installed(tool));
  return tools.length === 0 ? undefined : `${tools.join(' and ')} not installed`;
}

export interface BuildOptions {
  readonly out: string;
  readonly workloads: readonly string[];
  /** What a pass does, in percent of the whole work. */
  readonly scale: number;
  /** Of the workload `large`. */
  readonly functions?: number;
}

export function build(target: Target, { out, workloads, scale, functions = 3000 }: BuildOptions): void {
  const directory = join(repository, 'bench/workloads');
  const variables = [
    `WORKLOADS=${workloads.join(' ')}`,
    `OUT=${out}`,
    `SCALE=${scale}`,
    `FUNCTIONS=${functions}`,
    `NODE=${process.execPath}`,
  ];
  const { status, stderr } = spawnSync('make', ['-s', '-j2', '-C', directory, ...variables, target], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Failure(`the workloads cannot be built for ${target}:\n${stderr}`);
}
