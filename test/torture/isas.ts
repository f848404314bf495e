/**
 * The matrix: what programs are compiled for, and where they run. A row is used in both byte orders.
 */
import type { Endian } from '../../src/emu/hardware.js';

export type Abi = 'o32' | 'n32' | 'n64';

interface Row {
  readonly name: string;
  readonly abi: Abi;
  readonly flags: readonly string[];
  /** QEMU's name of a core that has all of it. */
  readonly qemuCpu: string;
  /** This project's. */
  readonly core: string;
  /**
   * What QEMU is known to do wrong on such code, so that its failing says nothing: whatever fails here then counts against
   * this machine.
   */
  readonly qemuFault?: string;
}

/**
 * Debian's cross compilers for a byte order make code for every ISA of it: the libraries that they come with, for one ISA, are
 * not used.
 */
const TOOLS = { le: 'mipsel-linux-gnu', be: 'mips-linux-gnu' } as const;

const QEMU = {
  o32: { le: 'qemu-mipsel', be: 'qemu-mips' },
  n32: { le: 'qemu-mipsn32el', be: 'qemu-mipsn32' },
  n64: { le: 'qemu-mips64el', be: 'qemu-mips64' },
} as const;

/** Floating point with 32 registers of 64 bits, and NaNs and signs as IEEE 754-2008 has them. */
const IEEE_2008 = ['-mhard-float', '-mfp64', '-modd-spreg', '-mnan=2008', '-mabs=2008'];

const ROWS: readonly Row[] = [
  {
    name: 'mips32r2',
    abi: 'o32',
    flags: ['-mips32r2', '-mhard-float', '-mfp32'],
    qemuCpu: '24Kf',
    core: '24Kf',
  },
  {
    name: 'mips32r2-soft',
    abi: 'o32',
    flags: ['-mips32r2', '-msoft-float'],
    qemuCpu: '24Kc',
    core: '24Kf',
  },
  {
    name: 'mips32r1',
    abi: 'o32',
    flags: ['-mips32', '-mhard-float', '-mfp32'],
    qemuCpu: '24Kf',
    core: '24Kf',
  },
  {
    name: 'mips32r5',
    abi: 'o32',
    flags: ['-mips32r5', ...IEEE_2008],
    qemuCpu: 'P5600',
    core: 'P5600',
  },
  {
    name: 'mips32r6',
    abi: 'o32',
    flags: ['-mips32r6', ...IEEE_2008],
    qemuCpu: 'mips32r6-generic',
    core: 'mips32r6-generic',
  },
  {
    name: 'mips64r2-n64',
    abi: 'n64',
    flags: ['-mips64r2', '-mhard-float'],
    qemuCpu: 'MIPS64R2-generic',
    core: 'MIPS64R2-generic',
  },
  {
    name: 'mips64r2-n32',
    abi: 'n32',
    flags: ['-mips64r2', '-mhard-float'],
    qemuCpu: 'MIPS64R2-generic',
    core: 'MIPS64R2-generic',
  },
  {
    name: 'mips64r1-n64',
    abi: 'n64',
    flags: ['-mips64', '-mhard-float'],
    qemuCpu: 'MIPS64R2-generic',
    core: 'MIPS64R2-generic',
  },
  {
    name: 'mips64r6-n64',
    abi: 'n64',
    flags: ['-mips64r6', ...IEEE_2008],
    qemuCpu: 'I6400',
    core: 'I6400',
  },
  {
    name: 'mips64r6-n32',
    abi: 'n32',
    flags: ['-mips64r6', ...IEEE_2008],
    qemuCpu: 'I6400',
    core: 'I6400',
  },
  {
    name: 'micromips',
    abi: 'o32',
    flags: ['-mips32r2', '-mmicromips', '-msoft-float'],
    qemuCpu: 'M14Kc',
    core: 'M14Kc',
    qemuFault: 'SWM stores half words (before 8.0)',
  },
  {
    name: 'mips16',
    abi: 'o32',
    flags: ['-mips32r2', '-mips16', '-mhard-float', '-mfp32'],
    qemuCpu: '24Kf',
    core: '24Kf',
  },
  {
    name: 'dsp',
    abi: 'o32',
    flags: ['-mips32r2', '-mdsp', '-mhard-float', '-mfp32'],
    qemuCpu: '34Kf',
    core: '34Kf',
  },
  {
    name: 'dspr2',
    abi: 'o32',
    flags: ['-mips32r2', '-mdspr2', '-mhard-float', '-mfp32'],
    qemuCpu: '74Kf',
    core: '74Kf',
  },
  {
    name: 'msa',
    abi: 'o32',
    flags: ['-mips32r5', '-mmsa', ...IEEE_2008, '-ftree-vectorize', '-fvect-cost-model=unlimited'],
    qemuCpu: 'P5600',
    core: 'P5600',
  },
  {
    name: 'msa-n64',
    abi: 'n64',
    flags: ['-mips64r6', '-mmsa', ...IEEE_2008, '-ftree-vectorize', '-fvect-cost-model=unlimited'],
    qemuCpu: 'I6400',
    core: 'I6400',
  },
  {
    name: 'paired-single',
    abi: 'n64',
    flags: ['-mips64r2', '-mpaired-single', '-mhard-float'],
    qemuCpu: 'MIPS64R2-generic',
    core: 'MIPS64R2-generic',
  },
];

export interface Isa {
  /** Of the row, with the byte order. */
  readonly name: string;
  readonly endian: Endian;
  readonly abi: Abi;
  readonly flags: readonly string[];
  /** Prefix of the tools, e.g. `mipsel-linux-gnu`. */
  readonly tools: string;
  /** The command that runs its Linux programs, with its options. */
  readonly qemu: readonly [command: string, ...options: string[]];
  readonly core: string;
  readonly qemuFault: string | undefined;
}

const isa = ({ name, abi, flags, qemuCpu, core, qemuFault }: Row, endian: Endian): Isa => ({
  name: `${name}-${endian}`,
  endian,
  abi,
  flags: [`-mabi=${abi === 'o32' ? '32' : abi === 'n64' ? '64' : abi}`, ...flags],
  tools: TOOLS[endian],
  qemu: [QEMU[abi][endian], '-cpu', qemuCpu],
  core,
  qemuFault,
});

export const isas: readonly Isa[] = ROWS.flatMap((row) => [isa(row, 'le'), isa(row, 'be')]);
