import { Errno } from '../kernel/index.js';
import type { RemoteProc } from './remoteproc.js';

const CRASH_TYPES = ['mmufault', 'watchdog', 'fatal error'];
export const FATAL_ERROR = 2;

/** One that was reported. */
export interface Crash {
  /** As in the kernel log, microseconds. */
  readonly time: number;
  readonly kind: string;
  /** What happened, where the driver knows. */
  readonly reason: string | undefined;
}

/** What is done about a crash, later and in one piece of work at a time (kernel-abi.md 3.5). */
export class CrashWork {
  /** Crashes handled in the life of the device. */
  count = 0;
  last: Crash | undefined;
  #pending = false;
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly rproc: RemoteProc) {}

  /** rproc_report_crash(): returns at once. */
  report(type: number, reason?: string): void {
    const { rproc } = this;
    if (rproc.deleting) return;
    const kind = CRASH_TYPES[type] ?? 'unknown';
    this.last = { time: rproc.host.log.now, kind, reason };
    rproc.log.err(`crash detected in ${rproc.name}: type ${kind}`);
    if (this.#pending) return;
    this.#pending = true;
    this.queue(async () => {
      this.#pending = false;
      await this.#handle();
    });
  }

  /** Work that nobody waits for, one after the other. Refusals were logged where they arose. */
  queue(work: () => Promise<void>): void {
    this.#running = this.#running.then(async () => {
      if (!this.rproc.deleting) await work().catch(ignoreRefusal);
    });
  }

  /** Resolves when the work that was queued has been done; what has not begun when the processor is deleted never will. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #handle(): Promise<void> {
    const { rproc } = this;
    const handled = await rproc.locked(() => {
      if (rproc.state === 'crashed' || rproc.state === 'offline') return false;
      rproc.state = 'crashed';
      rproc.log.err(`handling crash #${++this.count} in ${rproc.name}`);
      return true;
    });
    if (handled && rproc.recoveryEnabled) await rproc.recover();
  }
}

/** For what the kernel does without telling anyone; a defect is thrown on. */
export function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Errno)) throw error;
}
