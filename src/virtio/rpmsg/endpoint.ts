import type { DeviceLog } from '../../kernel/index.js';
import type { RpmsgChannel } from './channel.js';
import type { Sender } from './sender.js';

/** What is done with a message; its payload is a copy. */
export type Receive = (payload: Uint8Array, source: number) => void;

/** A local address, with whoever listens there (rpmsg_endpoint). */
export class Endpoint {
  /** Gone: nothing comes, and nothing may be sent. */
  closed = false;

  constructor(
    /** In whose name it speaks. */
    readonly channel: RpmsgChannel,
    readonly address: number,
    readonly receive: Receive,
    private readonly sender: Sender,
  ) {}

  get log(): DeviceLog {
    return this.channel.log;
  }

  /** rpmsg_trysendto(). @throws Errno EINVAL, EMSGSIZE; ENOMEM when all buffers are in use. */
  trySend(destination: number, payload: Uint8Array): void {
    this.sender.trySend(this, destination, payload);
  }

  /** rpmsg_sendto(): waits for a buffer. @throws Errno as above; EINTR, EPIPE when the endpoint goes, ERESTARTSYS after 15 s. */
  send(destination: number, payload: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.sender.send(this, destination, payload, signal);
  }

  /** Calls `action` once, when {@link trySend} can find a buffer again, unless the function that it returns is called first. */
  onRoom(action: () => void): () => void {
    return this.sender.onRoom(action);
  }
}
