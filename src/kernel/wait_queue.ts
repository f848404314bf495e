import { Errno } from './errno.js';

/** Who waits for a change of something: wait_event_interruptible(), and poll_wait(). */
export class WaitQueue {
  readonly #waiters = new Set<() => void>();

  /** There is something new: everybody looks again. */
  wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Calls `waiter` at every change until the function that it returns is called. */
  add(waiter: () => void): () => void {
    this.#waiters.add(waiter);
    return () => this.#waiters.delete(waiter);
  }

  /**
   * The first thing that `attempt` gives, now or at a change; undefined is nothing yet. What it throws ends the wait.
   *
   * @throws Errno EINTR when `signal` is aborted before that.
   */
  async until<T>(attempt: () => T | undefined, signal: AbortSignal): Promise<T> {
    const first = attempt();
    if (first !== undefined) return first;
    if (signal.aborted) throw new Errno('EINTR');
    return new Promise<T>((resolve, reject) => {
      const end = (): void => {
        leave();
        signal.removeEventListener('abort', interrupted);
      };
      const interrupted = (): void => {
        end();
        reject(new Errno('EINTR'));
      };
      const leave = this.add(() => {
        try {
          const got = attempt();
          if (got === undefined) return;
          end();
          resolve(got);
        } catch (error) {
          end();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      signal.addEventListener('abort', interrupted, { once: true });
    });
  }
}
