import type { Socket } from 'node:net';
import { CommandError } from '../command-error.js';
import type { EscapeKey } from './escape.js';
import type { Port } from './port.js';

export interface SessionOptions {
  /** Of the port, for the user. */
  readonly name: string;
  readonly escape: EscapeKey;
  /** ms of silence after the end of input. */
  readonly linger: number;
}

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Who reads our output has had enough. */
const EPIPE = 'EPIPE';

/** How a session ends: by the user, by the end of input, by a signal, or because the port has gone. */
type End = 'left' | 'gone';

/**
 * Copies standard input to the port and the port to standard output, as they are. @throws CommandError when the port goes.
 */
export async function converse(port: Port, options: SessionOptions): Promise<void> {
  const { name, escape } = options;
  const { stdin, stderr } = process;
  const interactive = stdin.isTTY;
  if (interactive) stderr.write(`mips-rprocfs: this is ${name}; ${escape.label} leaves it\n`);
  let leave = (): void => undefined;
  let session: Session | undefined;
  const ended = new Promise<End>((resolve) => {
    leave = () => resolve('left');
    session = new Session(port, options, resolve);
  });
  for (const signal of ENDING_SIGNALS) process.on(signal, leave);
  try {
    if (interactive) stdin.setRawMode(true);
    session?.begin();
    const how = await ended;
    if (how === 'gone') throw new CommandError(`${name} is gone: its firmware has been stopped, or has crashed`);
  } finally {
    if (interactive) {
      stdin.setRawMode(false);
      stderr.write('\n');
    }
    session?.end();
    await port.restore();
    for (const signal of ENDING_SIGNALS) process.off(signal, leave);
  }
}

class Session {
  readonly #socket: Socket;
  #inputEnded = false;
  /** Writes that the port has not taken. */
  #unsent = 0;
  #silence: NodeJS.Timeout | undefined;

  constructor(
    port: Port,
    private readonly options: SessionOptions,
    private readonly finished: (how: End) => void,
  ) {
    this.#socket = port.connect((bytes) => this.#received(bytes));
    for (const event of ['error', 'end', 'close']) this.#socket.on(event, () => finished('gone'));
  }

  begin(): void {
    const { stdin, stdout } = process;
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== EPIPE) throw error;
      this.finished('left');
    });
    stdin.on('data', (bytes: Buffer) => this.#typed(bytes));
    stdin.on('end', () => {
      this.#inputEnded = true;
      this.#awaitSilence();
    });
  }

  end(): void {
    clearTimeout(this.#silence);
    process.stdin.removeAllListeners('data').removeAllListeners('end').pause();
    this.#socket.destroy();
  }

  #typed(bytes: Buffer): void {
    const { byte } = this.options.escape;
    const at = byte === undefined || !process.stdin.isTTY ? -1 : bytes.indexOf(byte);
    const text = at < 0 ? bytes : bytes.subarray(0, at);
    this.#unsent++;
    const room = this.#socket.write(text, () => {
      this.#unsent--;
      if (at >= 0) this.finished('left');
      else this.#awaitSilence();
    });
    if (room) return;
    // a key has to be seen also when the port takes nothing
    if (process.stdin.isTTY) return;
    process.stdin.pause();
    this.#socket.once('drain', () => process.stdin.resume());
  }

  #received(bytes: Uint8Array): boolean {
    this.#awaitSilence();
    const room = process.stdout.write(Uint8Array.from(bytes));
    if (!room) process.stdout.once('drain', () => this.#socket.resume());
    return room;
  }

  /** From the end of the input on, as soon as all of it is sent. */
  #awaitSilence(): void {
    if (!this.#inputEnded || this.#unsent > 0) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.finished('left'), this.options.linger);
  }
}
