import { ERRNO } from '../../kernel/index.js';
import type { Directory } from '../directory.js';
import { errnoNumber } from '../errors.js';
import { OpenFiles } from '../open-files.js';
import { fileOperations } from './file-operations.js';
import type { Handlers } from './handler.js';
import { inodeOperations } from './inode-operations.js';
import { initOut, keepsTargets } from './layout.js';
import { Names } from './names.js';
import { NodeIds } from './node-ids.js';
import { Notices } from './notices.js';
import { PendingRequest } from './pending-request.js';
import { decode, failure, NOTHING, OPCODE, success, u64, type Message } from './protocol.js';
import { refusals } from './refusals.js';
import { Stale } from './stale.js';

const OPCODE_NAME = new Map<number, string>(Object.entries(OPCODE).map(([name, opcode]) => [opcode, name]));

/** The conversation with the kernel over one mount: every request that wants a reply gets exactly one. */
export class Session {
  readonly ready: Promise<void>;
  readonly #files = new OpenFiles();
  readonly #pending = new Map<number, PendingRequest>();
  readonly #handlers: Handlers;
  readonly #unwatch: () => void;

  constructor(
    root: Directory,
    private readonly send: (message: Buffer) => void,
  ) {
    const { promise, resolve } = deferred();
    this.ready = promise;
    const nodes = new NodeIds(root);
    this.#unwatch = root.watch(new Notices(nodes, send));
    const names = new Names();
    const stale = new Stale(nodes, names, this.#files);
    const mounted = { nodes, files: this.#files, names, stale, notify: send };
    this.#handlers = {
      ...refusals,
      ...inodeOperations(mounted),
      ...fileOperations(mounted),
      [OPCODE.INIT]: ({ body }) => {
        names.keepsTargets = keepsTargets(body);
        resolve();
        return initOut(body);
      },
      [OPCODE.DESTROY]: () => NOTHING,
      [OPCODE.INTERRUPT]: ({ body }) => {
        this.#pending.get(u64(body, 0))?.interrupt();
        return undefined;
      },
    };
  }

  /** Takes one message; `bytes` may be overwritten when this returns. */
  receive(bytes: Buffer): void {
    const message = decode(bytes);
    const { opcode, unique } = message;
    const handler = this.#handlers[opcode];
    if (handler === undefined) {
      this.send(failure(unique, ERRNO.ENOSYS));
      return;
    }
    const request = new PendingRequest(message);
    try {
      const result = handler(message, request);
      if (result instanceof Promise) void this.#answerLater(message, request, result);
      else if (result !== undefined) this.send(success(unique, result));
    } catch (error) {
      this.#refuse(message, request, error);
    }
  }

  /** The mount is gone: whoever still waits is interrupted, and every open file is released. */
  async close(): Promise<void> {
    this.#unwatch();
    for (const request of this.#pending.values()) request.interrupt();
    await this.#files.releaseAll();
  }

  async #answerLater(message: Message, request: PendingRequest, result: Promise<Uint8Array>): Promise<void> {
    this.#pending.set(message.unique, request);
    try {
      const payload = await result;
      this.send(success(message.unique, payload));
    } catch (error) {
      this.#refuse(message, request, error);
    } finally {
      this.#pending.delete(message.unique);
    }
  }

  #refuse({ opcode, unique }: Message, { interrupted }: PendingRequest, error: unknown): void {
    const operation = OPCODE_NAME.get(opcode) ?? String(opcode);
    this.send(failure(unique, errnoNumber(error, operation, interrupted)));
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
