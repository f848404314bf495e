import type { OpenFiles } from '../open-files.js';
import type { Awaitable } from '../request.js';
import type { Names } from './names.js';
import type { NodeIds } from './node-ids.js';
import type { PendingRequest } from './pending-request.js';
import type { Message } from './protocol.js';
import type { Stale } from './stale.js';

/** What the handlers of one mount share. */
export interface Mounted {
  readonly nodes: NodeIds;
  readonly files: OpenFiles;
  readonly names: Names;
  readonly stale: Stale;
  /** Sends a message that answers no request. */
  readonly notify: (message: Buffer) => void;
}

/** Gives the payload of the reply; undefined where the protocol wants no reply. Throws Errno. */
export type Handler = (message: Message, request: PendingRequest) => Awaitable<Uint8Array> | undefined;

/** By opcode. What is not in the table is answered ENOSYS, which tells the kernel not to ask again. */
export type Handlers = Readonly<Record<number, Handler>>;
