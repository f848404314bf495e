/** Where Linux itself is in the machine's RAM, and where firmware may be: docs/reference/mips-uhi.md 1.0, 1.7. */
import type { AddressRange, MachineOptions, Mapping } from '../../emu/hardware.js';
import { Errno } from '../../kernel/index.js';
import type { Carveout } from '../carveout.js';
import { pageAlign, type Placement, type Range } from '../memory.js';
import type { RemoteProc } from '../remoteproc.js';
import { ANY_ADDRESS } from '../resource_table.js';
import { publishVring } from '../vdev.js';

const PAGE = 4096;
const MiB = 1024 * 1024;
const STACK = 8192;
/** What the calling convention lets a function store above its caller's stack pointer, rounded up as Linux does. */
const ARGUMENT_AREA = 32;

export const KSEG0 = 0x8000_0000;
const KSEG2 = 0xc000_0000;
const UNMAPPED_MASK = 0x1fff_ffff;

/** KSEG0 and KSEG1: addresses that bypass the TLB. */
export const isUnmapped = (da: number): boolean => da >= KSEG0 && da < KSEG2;
const physical = (da: number): number => da & UNMAPPED_MASK;

/** A 32-bit address as cores of 64 bits know it too. */
export const signExtended = (address: number): bigint => BigInt.asIntN(32, BigInt(address));

/** Where the firmware begins: e_entry, which in an ELF32 image is sign-extended (n32). */
export const entryPoint = ({ bootAddress, wide }: RemoteProc): bigint => BigInt.asIntN(wide ? 64 : 32, bootAddress);

/** XKPHYS: physical addresses of a 64-bit core, with a cache attribute in bits 61:59. */
const isLinkedToXkphys = (rproc: RemoteProc): boolean => BigInt.asUintN(64, entryPoint(rproc)) >> 62n === 2n;

export interface LinuxRegion extends Range {
  /** Physical address of the page with Linux's exception vectors: EBase of a CPU that firmware has not changed. */
  readonly vectors: number;
  /** KSEG0 address of the bottom of a CPU's idle stack: its thread_info. */
  stackBottom(cpu: number): number;
  /** KSEG0 stack pointer that firmware is entered with. */
  stackPointer(cpu: number): number;
}

/** The top MiB of RAM. CPU 0 runs Linux, and the vectors lie where its stack would. */
export function linuxRegion({ memory }: Pick<MachineOptions, 'memory'>): LinuxRegion {
  const start = memory - MiB;
  const stackBottom = (cpu: number) => KSEG0 + start + STACK * cpu;
  return {
    start,
    end: memory,
    vectors: start,
    stackBottom,
    stackPointer: (cpu) => stackBottom(cpu) + STACK - ARGUMENT_AREA,
  };
}

const ringsOf = ({ resources }: RemoteProc): Set<Carveout> => new Set(resources.vrings.map(({ carveout }) => carveout));

/** Device addresses below KSEG0 that the firmware's own carveouts take. */
function mappedRanges(rproc: RemoteProc): Range[] {
  const rings = ringsOf(rproc);
  return rproc.resources.carveouts
    .filter((carveout) => !rings.has(carveout) && carveout.da < KSEG0)
    .map(({ da, length }) => ({ start: da - (da % PAGE), end: pageAlign(da + length) }));
}

/**
 * KSEG0 and KSEG1 leave no choice, nor does XKPHYS, of whose addresses a resource table holds the lower half. What is mapped elsewhere lies so that large pages can map it; what is mapped where it
 * lies (vrings, and carveouts without a wish) keeps out of the virtual addresses that are taken.
 */
export function placement(rproc: RemoteProc, carveout: Carveout): Placement {
  const { da } = carveout;
  if (da !== ANY_ADDRESS && isUnmapped(da)) return { at: physical(da) };
  if (da !== ANY_ADDRESS && !ringsOf(rproc).has(carveout))
    return isLinkedToXkphys(rproc) ? { at: da } : { congruentTo: da };
  return { avoid: mappedRanges(rproc) };
}

/** Firmware of the driver's time leaves 0 where it wants to be told (docs/reference/kernel-abi.md 5.3). */
export const vringAddress = (da: number): number => (da === 0 ? ANY_ADDRESS : da);

/** It looks for its rings as soon as it runs, long before their virtio driver would tell it. */
export function publishVrings({ resources }: RemoteProc): void {
  for (const vdev of resources.vdevs) for (const index of vdev.vrings.keys()) publishVring(vdev, index);
}

/**
 * The wired TLB entries: carveouts where the firmware wants them, vrings where they are.
 *
 * @throws Errno EINVAL, logged, for an address that can't be mapped in pages.
 */
export function mappings(rproc: RemoteProc): Mapping[] {
  const rings = ringsOf(rproc);
  return rproc.resources.carveouts
    .filter(({ va, da }) => va !== undefined && !isUnmapped(da))
    .map((carveout) => {
      const va = rings.has(carveout) ? carveout.dma : carveout.da;
      if (va % PAGE !== 0 || va >= KSEG0) {
        rproc.log.err(`carveout ${carveout.name} can't be mapped at 0x${va.toString(16)}: not a page below 0x80000000`);
        throw new Errno('EINVAL');
      }
      return { va, pa: carveout.dma, length: pageAlign(carveout.length), cca: 5 };
    });
}

/** What a device address is to the firmware: an ELF64 image has its own memory elsewhere than at 32-bit addresses. */
export function firmwareAddress(rproc: RemoteProc, da: number): bigint {
  if (!rproc.wide) return BigInt(da);
  const address = signExtended(da);
  const start = ownMemory(rproc)?.start ?? address;
  return BigInt.asUintN(64, BigInt.asIntN(32, start) === address ? start : address);
}

/** The carveout that the firmware begins in, at its own addresses; undefined when that is none. */
export function ownMemory(rproc: RemoteProc): AddressRange | undefined {
  const entry = entryPoint(rproc);
  for (const { va, da, length } of rproc.resources.carveouts) {
    // as device addresses are translated (kernel-abi.md 4.2)
    const offset = BigInt.asIntN(32, entry - BigInt(da));
    if (va !== undefined && offset >= 0n && offset < BigInt(length))
      return { start: entry - offset, end: entry - offset + BigInt(length) };
  }
  return undefined;
}
