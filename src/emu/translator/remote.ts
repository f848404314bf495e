/** A host thread's way to the translator's thread (thread.ts). */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { Context } from './context.js';
import type { Asker, TranslationService } from './service.js';
import type { CompiledTranslation } from './library.js';
import type { Job } from './translator.js';

/** What the machine gives to the translator's thread for each host thread. */
export interface Connection {
  readonly port: MessagePort;
  /** Index of the host thread's doorbell, in words. */
  readonly doorbell: number;
}

export interface Question {
  readonly id: number;
  readonly job: Job;
}

export interface Answer {
  readonly id: number;
  readonly translation: CompiledTranslation;
}

/** WebAssembly that all cores of a machine may have together, bytes; each its share, whatever the firmware of others does. */
const MOST_BYTES = 256 << 20;

export class RemoteTranslation implements TranslationService {
  readonly isEager = false;
  readonly mostBytes: number;
  readonly #asked = new Map<number, { readonly engine: Asker; readonly job: Job; readonly context: Context }>();
  #last = 0;
  #isWoken = false;
  #port: MessagePort | undefined;
  /** What was asked before there was a way. */
  #early: Question[] = [];

  /**
   * @param askForWay asks for a way to the translator, which `connect` is given later
   * @param isWorthwhile whether a translator that does not run yet may be asked for
   */
  constructor(
    cpus: number,
    private readonly askForWay: () => void,
    private readonly isWorthwhile: () => boolean,
  ) {
    this.mostBytes = MOST_BYTES / Math.max(1, cpus - 1);
  }

  get isAwake(): boolean {
    return this.#port !== undefined || this.isWorthwhile();
  }

  connect(port: MessagePort): void {
    this.#port = port;
    for (const question of this.#early) port.postMessage(question);
    this.#early = [];
  }

  request(engine: Asker, job: Job, context: Context): void {
    const id = ++this.#last;
    this.#asked.set(id, { engine, job, context });
    const question: Question = { id, job };
    if (this.#port !== undefined) {
      this.#port.postMessage(question);
      return;
    }
    this.#early.push(question);
    this.wake();
  }

  /** Has the translator started, unless that has been done. */
  wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.askForWay();
  }

  /** Gives what has been answered to the engines that asked. */
  receive(): void {
    if (this.#port === undefined) return;
    for (;;) {
      const received: { message: Answer } | undefined = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      const { id, translation } = received.message;
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      asked?.engine.install(asked.job, asked.context, translation);
    }
  }
}
