import { Errno, hostTimer, LARGEST_ERRNO, type After } from '../kernel/index.js';
import type { CoherentMemory } from './memory.js';
import type { Platform, ProcessorOps } from './platform.js';
import { bytesOf, cString, parseUnsigned } from './text.js';

/** A fault that can be set: what its file in debugfs shows and takes (docs/fault-injection.md). */
export interface Knob {
  show(): string;
  /** @throws Errno EINVAL, ERANGE */
  store(bytes: Uint8Array): void;
}

/** An errno that an operation is made to give: always, or the next time only. */
class ErrorKnob implements Knob {
  #number = 0;
  #once = false;

  show(): string {
    return `${this.#number}${this.#once ? ' once' : ''}\n`;
  }

  /** `<errno>` or `<errno> once`; 0 for none. */
  store(bytes: Uint8Array): void {
    const [number = '', once, ...rest] = cString(bytes).replace(/\n$/, '').split(' ');
    if ((once !== undefined && once !== 'once') || rest.length > 0) throw new Errno('EINVAL');
    const value = parseUnsigned(bytesOf(number));
    if (value > LARGEST_ERRNO) throw new Errno('ERANGE');
    this.#number = value;
    this.#once = once !== undefined && value !== 0;
  }

  /** The errno that is due now. */
  take(): number {
    const due = this.#number;
    if (this.#once) this.store(bytesOf('0'));
    return due;
  }

  /** @throws Errno as it was set. */
  check(): void {
    const due = this.take();
    if (due !== 0) throw new Errno(due);
  }
}

class NumberKnob implements Knob {
  value = 0;

  show(): string {
    return `${this.value}\n`;
  }

  store(bytes: Uint8Array): void {
    this.value = parseUnsigned(bytes);
  }
}

/** Faults of one remote processor, put between the core and its driver, which knows nothing of them. */
export class Faults {
  readonly #errors = {
    start: new ErrorKnob(),
    stop: new ErrorKnob(),
    prepare: new ErrorKnob(),
    unprepare: new ErrorKnob(),
    attach: new ErrorKnob(),
    detach: new ErrorKnob(),
    kick: new ErrorKnob(),
    alloc: new ErrorKnob(),
  };
  readonly #startDelay = new NumberKnob();
  readonly #stopDelay = new NumberKnob();
  readonly #loseKicks = new NumberKnob();
  readonly #kicks = new NumberKnob();
  /** What ends the delays that are waited for. */
  readonly #waiting = new Set<() => void>();
  #ended = false;

  /** By the name of their files. */
  readonly knobs: Readonly<Record<string, Knob>> = {
    start_err: this.#errors.start,
    stop_err: this.#errors.stop,
    prepare_err: this.#errors.prepare,
    unprepare_err: this.#errors.unprepare,
    attach_err: this.#errors.attach,
    detach_err: this.#errors.detach,
    kick_err: this.#errors.kick,
    alloc_err: this.#errors.alloc,
    start_delay_ms: this.#startDelay,
    stop_delay_ms: this.#stopDelay,
    lose_kicks: this.#loseKicks,
    kicks: this.#kicks,
  };

  constructor(private readonly after: After = hostTimer) {}

  /** The program ends: no delay is waited for any more. */
  endDelays(): void {
    this.#ended = true;
    for (const end of this.#waiting) end();
  }

  /** The same operations with the faults in front. What the driver does not have stays missing where that means something. */
  operations(ops: ProcessorOps): ProcessorOps {
    const { start, stop, prepare, unprepare, attach, detach, kick } = this.#errors;
    const wrapped: ProcessorOps = {
      prepare: async (rproc) => {
        prepare.check();
        await ops.prepare?.(rproc);
      },
      unprepare: async (rproc) => {
        unprepare.check();
        await ops.unprepare?.(rproc);
      },
    };
    if (ops.start !== undefined)
      wrapped.start = async (rproc) => {
        await this.#wait(this.#startDelay);
        start.check();
        await ops.start?.(rproc);
      };
    if (ops.stop !== undefined)
      wrapped.stop = async (rproc) => {
        await this.#wait(this.#stopDelay);
        stop.check();
        await ops.stop?.(rproc);
      };
    if (ops.attach !== undefined)
      wrapped.attach = async (rproc) => {
        attach.check();
        await ops.attach?.(rproc);
      };
    if (ops.detach !== undefined)
      wrapped.detach = async (rproc) => {
        detach.check();
        await ops.detach?.(rproc);
      };
    if (ops.kick !== undefined)
      wrapped.kick = (rproc, notifyid) => {
        this.#kicks.value++;
        if (this.#loseKicks.value > 0) {
          this.#loseKicks.value--;
          return;
        }
        const error = kick.take();
        // a kick has no result: a driver that fails at it can only say so
        if (error === 0) ops.kick?.(rproc, notifyid);
        else rproc.log.err(`kick of vring ${notifyid} failed: ${-error}`);
      };
    if (ops.translate !== undefined) wrapped.translate = (rproc, da, length) => ops.translate?.(rproc, da, length);
    if (ops.parseFirmware !== undefined) wrapped.parseFirmware = (rproc, image) => ops.parseFirmware?.(rproc, image);
    if (ops.loadedResourceTable !== undefined)
      wrapped.loadedResourceTable = (rproc) => ops.loadedResourceTable?.(rproc);
    if (ops.handleResource !== undefined)
      wrapped.handleResource = (rproc, type, payload, offset) =>
        ops.handleResource?.(rproc, type, payload, offset) ?? false;
    if (ops.freeze !== undefined) wrapped.freeze = (rproc) => ops.freeze?.(rproc);
    return wrapped;
  }

  /** The same platform, whose memory may be made to run out. */
  platform(platform: Platform): Platform {
    const { memory } = platform;
    const wrapped: CoherentMemory = {
      allocate: (length, placement) => {
        this.#errors.alloc.check();
        return memory.allocate(length, placement);
      },
      free: (block) => memory.free(block),
    };
    return { ...platform, memory: wrapped };
  }

  async #wait({ value }: NumberKnob): Promise<void> {
    if (value === 0 || this.#ended) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        cancel();
        this.#waiting.delete(end);
        resolve();
      };
      const cancel = this.after(value, end);
      this.#waiting.add(end);
    });
  }
}
