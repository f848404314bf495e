/** The coherence manager, CM2 or CM3 (docs/reference/mips-uhi.md 3.4). Each processor is a core of its own. */
import { CPC_BASE, GCR_BASE, GIC_BASE } from './addresses.js';
import type { Device } from './device.js';

export type Generation = 'cm2' | 'cm3';

const WORD = 4;
const ENABLED = 1;
const EXISTS = 1;
const REVISION: Readonly<Record<Generation, number>> = { cm2: 0x0600, cm3: 0x0800 };
/** Only processor 0, Linux's, may write: a firmware can't move the interrupt controller away from under it. */
const ACCESS = 1;
const L2_BYPASS = 1 << 20;
const COHERENT = 0xff;
const RESET_BASE = 0xbfc00000 | 0;

const [LOCAL_BLOCK, OTHER_BLOCK, DEBUG_BLOCK] = [0x2000, 0x4000, 0x6000];
const BLOCK = { coherence: 0x08, config: 0x10, other: 0x18, resetBase: 0x20, id: 0x28 } as const;
/** The field of OTHER that selects a core. */
const SELECTED: Readonly<Record<Generation, { readonly shift: number; readonly mask: number }>> = {
  cm2: { shift: 16, mask: 0xffff },
  cm3: { shift: 8, mask: 0x3f },
};

export class CoherenceManager implements Device {
  readonly base = GCR_BASE;
  readonly size = 0x8000;
  readonly #global = new Int32Array(LOCAL_BLOCK / WORD);
  /** OTHER of each processor. */
  readonly #other = new Map<number, number>();

  constructor(
    private readonly generation: Generation,
    cpus: number,
  ) {
    const registers: readonly (readonly [offset: number, value: number])[] = [
      [0x00, cpus - 1],
      [0x08, GCR_BASE],
      [0x20, ACCESS],
      [0x30, REVISION[generation]],
      [0x80, GIC_BASE | ENABLED],
      [0x88, CPC_BASE | ENABLED],
      [0xd0, EXISTS],
      [0xf0, EXISTS],
      [0x130, L2_BYPASS],
    ];
    for (const [offset, value] of registers) this.#global[offset / WORD] = value;
  }

  read(offset: number, vp: number): number {
    if (offset < LOCAL_BLOCK) return this.#global[offset / WORD] ?? 0;
    if (offset < OTHER_BLOCK) return this.#block(offset - LOCAL_BLOCK, vp, vp);
    return offset < DEBUG_BLOCK ? this.#block(offset - OTHER_BLOCK, this.#selected(vp), vp) : 0;
  }

  write(offset: number, value: number, vp: number): void {
    if (offset === LOCAL_BLOCK + BLOCK.other) this.#other.set(vp, value);
  }

  #selected(vp: number): number {
    const { shift, mask } = SELECTED[this.generation];
    return ((this.#other.get(vp) ?? 0) >>> shift) & mask;
  }

  #block(offset: number, core: number, vp: number): number {
    switch (offset) {
      case BLOCK.coherence:
        return COHERENT;
      case BLOCK.config:
        return 0; // one virtual processor
      case BLOCK.other:
        return this.#other.get(vp) ?? 0;
      case BLOCK.resetBase:
        return RESET_BASE;
      case BLOCK.id:
        return core;
      default:
        return 0;
    }
  }
}
