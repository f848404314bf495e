import { ERRNO } from '../../kernel/index.js';
import type { Directory } from '../directory.js';
import { errnoNumber } from '../errors.js';
import { OpenFiles } from '../open-files.js';
import { fileOperations } from './file-operations.js';
import { Forgetting, removalsTold, type Outlet } from './forgetting.js';
import type { Handlers } from './handler.js';
import { inodeOperations } from './inode-operations.js';
import { initOut } from './layout.js';
import { NodeIds } from './node-ids.js';
import { PendingRequest } from './pending-request.js';
import { decode, failure, NOTHING, OPCODE, success, u64, type Message } from './protocol.js';
import { refusals } from './refusals.js';

const OPCODE_NAME = new Map<number, string>(Object.entries(OPCODE).map(([name, opcode]) => [opcode, name]));

/** The conversation with the kernel over one mount: every request that wants a reply gets exactly one. */
export class Session {
  readonly ready: Promise<void>;
  readonly #files = new OpenFiles();
  readonly #pending = new Map<number, PendingRequest>();
  readonly #unwatch: () => void;
  readonly #handlers: Handlers;
  /** Opcodes whose callers hold no lock of a directory, so that their replies can wait for removals to be told. */
  readonly #patient: ReadonlySet<number>;

  constructor(
    root: Directory,
    private readonly outlet: Outlet,
  ) {
    const { promise, resolve } = deferred();
    this.ready = promise;
    const nodes = new NodeIds(root);
    this.#unwatch = root.watch(new Forgetting(nodes, outlet));
    const notify = (message: Buffer): void => removalsTold.pass(() => outlet.send(message));
    const mounted = { nodes, files: this.#files, notify };
    const onFiles = fileOperations(mounted);
    this.#patient = new Set(Object.keys(onFiles).map(Number));
    this.#handlers = {
      ...refusals,
      ...inodeOperations(mounted),
      ...onFiles,
      [OPCODE.INIT]: ({ body }) => {
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
      this.outlet.send(failure(unique, ERRNO.ENOSYS));
      return;
    }
    const request = new PendingRequest(message);
    try {
      const result = handler(message, request);
      if (result instanceof Promise) void this.#answerLater(message, request, result);
      else if (result !== undefined) this.#reply(message, request, success(unique, result));
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
      this.#reply(message, request, success(message.unique, payload));
    } catch (error) {
      this.#refuse(message, request, error);
    } finally {
      this.#pending.delete(message.unique);
    }
  }

  #refuse(message: Message, request: PendingRequest, error: unknown): void {
    const operation = OPCODE_NAME.get(message.opcode) ?? String(message.opcode);
    this.#reply(message, request, failure(message.unique, errnoNumber(error, operation, request.interrupted)));
  }

  #reply({ opcode }: Message, { paged }: PendingRequest, reply: Buffer): void {
    // a page may be read for whoever lists a directory into memory that is a mapped file
    if (paged || !this.#patient.has(opcode)) this.outlet.send(reply);
    else removalsTold.pass(() => this.outlet.send(reply));
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
