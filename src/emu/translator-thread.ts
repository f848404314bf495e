/** The translator's thread, from the machine's side. */
import { Worker } from 'node:worker_threads';
import type { Connection } from './translator/remote.js';
import type { TranslatorData } from './translator/thread.js';

export class TranslatorThread {
  /** Resolves when it has practised, or is gone. */
  readonly prepared: Promise<void>;
  readonly #worker: Worker;
  #closing = false;

  constructor(data: TranslatorData) {
    const worker = new Worker(new URL('./translator/thread.js', import.meta.url), {
      workerData: data,
      name: 'translator',
    });
    this.#worker = worker;
    this.prepared = new Promise((resolve) => {
      worker.once('message', () => resolve());
      worker.once('exit', () => resolve());
    });
    worker.on('error', (error) => {
      if (this.#closing) return;
      process.emitWarning(
        `the translator has failed, and firmware goes on in the interpreter: ${error.stack ?? error.message}`,
      );
    });
    // the machine itself is what keeps the process going
    worker.unref();
  }

  /** Gives it a way to a host thread. */
  connect(connection: Connection): void {
    this.#worker.postMessage(connection, [connection.port]);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#worker.terminate();
  }
}
