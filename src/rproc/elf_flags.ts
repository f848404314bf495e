/** e_flags of MIPS images: what instructions they are made of. The kernel does not look at them (docs/reference/kernel-abi.md 4.1). */

/** A core, as far as flags tell what it has. */
export interface Core {
  readonly name: string;
  readonly isa: {
    readonly bits: 32 | 64;
    readonly release: number;
    readonly compressed: 'none' | 'mips16' | 'micromips';
  };
}

const ARCHITECTURE_SHIFT = 28;
const ABI = 0xf000;
const ABI_O32 = 0x1000;
const ABI2 = 0x20;
const MICROMIPS = 0x0200_0000;
const MIPS16 = 0x0400_0000;

interface Architecture {
  readonly name: string;
  readonly bits: 32 | 64;
  /** 0 before MIPS32 and MIPS64. */
  readonly release: number;
}

/** By number. */
const ARCHITECTURES: readonly Architecture[] = [
  { name: 'MIPS I', bits: 32, release: 0 },
  { name: 'MIPS II', bits: 32, release: 0 },
  { name: 'MIPS III', bits: 64, release: 0 },
  { name: 'MIPS IV', bits: 64, release: 0 },
  { name: 'MIPS V', bits: 64, release: 0 },
  { name: 'MIPS32', bits: 32, release: 1 },
  { name: 'MIPS64', bits: 64, release: 1 },
  { name: 'MIPS32 Release 2', bits: 32, release: 2 },
  { name: 'MIPS64 Release 2', bits: 64, release: 2 },
  { name: 'MIPS32 Release 6', bits: 32, release: 6 },
  { name: 'MIPS64 Release 6', bits: 64, release: 6 },
];

export interface Instructions {
  /** Such as `MIPS32 Release 2, o32, microMIPS`. */
  readonly text: string;
  /** Whether a core has them, as far as flags tell. */
  on(core: Core): boolean;
}

/** `wide`: of an ELF64 image. Undefined for an architecture without a name. */
export function instructionsOf(flags: number, wide: boolean): Instructions | undefined {
  const architecture = ARCHITECTURES[flags >>> ARCHITECTURE_SHIFT];
  if (architecture === undefined) return undefined;
  const abi = wide ? 'n64' : (flags & ABI2) !== 0 ? 'n32' : (flags & ABI) === ABI_O32 ? 'o32' : 'another ABI';
  const compressed = (flags & MICROMIPS) !== 0 ? 'micromips' : (flags & MIPS16) !== 0 ? 'mips16' : 'none';
  const { name, release } = architecture;
  // o32 has registers of 32 bits, whatever the architecture
  const bits = abi === 'o32' ? 32 : architecture.bits;
  return {
    text: [name, abi, ...(compressed === 'none' ? [] : [compressed === 'mips16' ? 'MIPS16e' : 'microMIPS'])].join(', '),
    on: ({ isa }) =>
      bits <= isa.bits &&
      release <= isa.release &&
      // Release 6 took instructions away
      (release === 6) === (isa.release === 6) &&
      (compressed === 'none' || compressed === isa.compressed),
  };
}
