import { Errno, hostTimer, Notifier, type After } from '../kernel/index.js';
import type { RemoteProc } from './remoteproc.js';
import { cString } from './text.js';

/** How long a dump waits for somebody to take it, ms. */
const LIFETIME = 5 * 60 * 1000;

/** What a device was found in. */
export interface Dump {
  /** Bytes. */
  readonly size: number;
  /** At most `size` bytes from `offset` on; empty at the end. */
  read(offset: number, size: number): Uint8Array;
  /** It is not needed any more: read, refused, or never asked for. Called once. */
  free?(): void;
}

/** `devcd<number>`: a dump while it can be read. */
export interface DumpDevice {
  /** Counts from 1 and is never used again. */
  readonly number: number;
  /** The failing device. */
  readonly rproc: RemoteProc;
  readonly dump: Dump;
}

export interface DumpEvent {
  readonly type: 'added' | 'removed';
  readonly device: DumpDevice;
}

interface Kept extends DumpDevice {
  /** Gives back what the device holds. */
  readonly release: () => void;
}

/** The class devcoredump: docs/reference/kernel-abi.md 3.8. It owns the dumps until they are taken, or for five minutes. */
export class Devcoredumps extends Notifier<DumpEvent> {
  readonly #kept = new Map<RemoteProc, Kept>();
  #last = 0;
  #disabled = false;

  constructor(private readonly after: After = hostTimer) {
    super();
  }

  /** One dump a device: another is freed at once, and so is every one when the class is disabled. */
  create(rproc: RemoteProc, dump: Dump): void {
    if (this.#disabled || this.#kept.has(rproc)) {
      dump.free?.();
      return;
    }
    const device = { number: ++this.#last, rproc, dump };
    const letGo = rproc.hold();
    const stopTimer = this.after(LIFETIME, () => this.remove(device));
    const release = () => {
      stopTimer();
      dump.free?.();
      letGo();
    };
    this.#kept.set(rproc, { ...device, release });
    this.notify({ type: 'added', device });
  }

  /** Any write to `data`. Nothing when it has gone already. */
  remove({ number, rproc }: DumpDevice): void {
    const kept = this.#kept.get(rproc);
    if (kept?.number !== number) return;
    this.#kept.delete(rproc);
    this.notify({ type: 'removed', device: kept });
    kept.release();
  }

  /** `disabled` */
  showDisabled(): string {
    return this.#disabled ? '1\n' : '0\n';
  }

  /** `disabled`: only a number 1 may be written, and there is no way back. @throws Errno EINVAL */
  storeDisabled(bytes: Uint8Array): void {
    if (!/^0*1(?!\d)/.test(cString(bytes))) throw new Errno('EINVAL');
    this.close();
  }

  /** Frees every dump, and takes no more. */
  close(): void {
    this.#disabled = true;
    for (const device of [...this.#kept.values()]) this.remove(device);
  }
}
