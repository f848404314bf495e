/** The cluster power controller (docs/reference/mips-uhi.md 3.6): a processor can switch itself off, and nobody else. */
import { CPC_BASE } from './addresses.js';
import type { Device } from './device.js';

const [LOCAL_BLOCK, OTHER_BLOCK, END] = [0x2000, 0x4000, 0x6000];
const BLOCK = { command: 0x00, status: 0x08, other: 0x10, stop: 0x20, running: 0x30 } as const;
const COMMAND = { clockOff: 1, powerDown: 2, reset: 4 } as const;
/** SEQSTATE: U6, powered up and coherent. */
const RUNNING = 7 << 19;
const FIRST_VP = 1;

/** What becomes of a processor that asks for it. */
export type PowerRequest = 'off' | 'reset';

export class PowerController implements Device {
  readonly base = CPC_BASE;
  readonly size = 0x8000;
  readonly #other = new Map<number, number>();

  constructor(private readonly request: (vp: number, what: PowerRequest) => void) {}

  read(offset: number, vp: number): number {
    if (offset < LOCAL_BLOCK || offset >= END) return 0;
    switch (offset & (LOCAL_BLOCK - 1)) {
      case BLOCK.status:
        return RUNNING;
      case BLOCK.other:
        return this.#other.get(vp) ?? 0;
      case BLOCK.running:
        return FIRST_VP;
      default:
        return 0;
    }
  }

  write(offset: number, value: number, vp: number): void {
    if (offset < LOCAL_BLOCK || offset >= OTHER_BLOCK) return;
    const register = offset - LOCAL_BLOCK;
    if (register === BLOCK.other) this.#other.set(vp, value);
    const isOff = register === BLOCK.command && (value === COMMAND.clockOff || value === COMMAND.powerDown);
    if (isOff || (register === BLOCK.stop && (value & FIRST_VP) !== 0)) this.request(vp, 'off');
    if (register === BLOCK.command && value === COMMAND.reset) this.request(vp, 'reset');
  }
}
