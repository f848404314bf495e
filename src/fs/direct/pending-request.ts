import { Errno } from '../../kernel/index.js';
import type { Caller, StreamRequest } from '../request.js';
import type { Message } from './protocol.js';

/** One request of the kernel. The AbortController is only made when a handler asks for the signal. */
export class PendingRequest implements StreamRequest {
  readonly caller: Caller;
  nonblock = false;
  paged = false;
  #controller: AbortController | undefined;
  #interrupted = false;

  constructor({ uid, gid, pid }: Message) {
    this.caller = { uid, gid, pid };
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#interrupted) this.#controller.abort(new Errno('EINTR'));
    }
    return this.#controller.signal;
  }

  /** A signal came while it was pending. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  interrupt(): void {
    this.#interrupted = true;
    this.#controller?.abort(new Errno('EINTR'));
  }
}
