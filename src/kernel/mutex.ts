import { Errno } from './errno.js';

interface Waiter {
  readonly enter: () => void;
}

/** First come, first served lock. A waiter whose signal is aborted leaves the queue with EINTR, as mutex_lock_interruptible(). */
export class Mutex {
  #held = false;
  readonly #waiters = new Set<Waiter>();

  async run<T>(critical: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#acquire(signal);
    try {
      return await critical();
    } finally {
      this.#release();
    }
  }

  async #acquire(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw new Errno('EINTR');
    if (!this.#held) {
      this.#held = true;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const interrupted = () => {
        this.#waiters.delete(waiter);
        reject(new Errno('EINTR'));
      };
      const waiter: Waiter = {
        enter: () => {
          signal?.removeEventListener('abort', interrupted);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', interrupted, { once: true });
    });
  }

  #release(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#held = false;
      return;
    }
    this.#waiters.delete(next);
    next.enter();
  }
}
