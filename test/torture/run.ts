/** Runs programs of one ISA on both: under qemu-user as Linux programs, here as firmware. */
import { readFile } from 'node:fs/promises';
import { Board, described, passed, type Outcome } from './board.js';
import { command } from './command.js';
import type { Isa } from './isas.js';
import { pool } from './pool.js';
import type { Program } from './programs.js';
import type { Sources } from './sources.js';
import { Toolchain } from './toolchain.js';

/** What is allowed to one program, here and under QEMU; the longest take a second. */
const SECONDS = 30;

export interface Ran {
  readonly program: string;
  readonly optimization: string;
  /** The images. */
  readonly linux: string;
  readonly firmware: string;
  readonly qemu: Outcome;
  readonly here: Outcome;
}

export interface Skipped {
  readonly program: string;
  readonly optimization: string;
  readonly skip: string;
}

export type Result = Ran | Skipped;

export interface Work {
  readonly isa: Isa;
  readonly programs: readonly Program[];
  readonly optimizations: readonly string[];
  readonly sources: Sources;
  readonly jobs: number;
  readonly done?: (result: Result) => void;
}

async function underQemu({ qemu: [name, ...options] }: Isa, image: string): Promise<Outcome> {
  const { status, out } = await command(name, [...options, image], SECONDS);
  return typeof status === 'number' ? { exit: status, output: out } : { failure: status, output: out };
}

export async function runAll({ isa, programs, optimizations, sources, jobs, done }: Work): Promise<Result[]> {
  const toolchain = await Toolchain.for(isa, sources, jobs);
  const board = new Board(isa, jobs);
  const each = async (program: Program, optimization: string, lane: number): Promise<Result> => {
    const name = { program: program.name, optimization };
    const built = await toolchain.build(program, optimization);
    if ('skip' in built) return { ...name, skip: built.skip };
    const { linux, firmware } = built.images;
    const [qemu, here] = await Promise.all([
      underQemu(isa, linux),
      readFile(firmware).then((image) => board.run(image, lane, SECONDS)),
    ]);
    return { ...name, linux, firmware, qemu, here };
  };
  try {
    const work = optimizations.flatMap((optimization) => programs.map((program) => ({ program, optimization })));
    return await pool(work, jobs, async ({ program, optimization }, lane) => {
      const result = await each(program, optimization, lane);
      done?.(result);
      return result;
    });
  } finally {
    await board.close();
  }
}

/**
 * Why a program that QEMU runs well does not run well here; undefined when there is nothing to say against this machine. Where
 * QEMU is known to be wrong, every program that this machine does not run well counts.
 */
export function complaint(isa: Isa, { qemu, here }: Ran): string | undefined {
  if (!passed(qemu) && isa.qemuFault === undefined) return undefined;
  if (!passed(here)) return described(here);
  return !passed(qemu) || here.output === qemu.output ? undefined : `other output: ${JSON.stringify(here.output)}`;
}
