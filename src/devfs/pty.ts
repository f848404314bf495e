/**
 * The terminals of drivers, as ptys of the host: a client opens the slave and has a tty in every respect; the driver is
 * at the master.
 *
 * PtyHost   makes them, and says in the log why it could not.
 * Presence  whether a client is there: what is received waits until one is, as with a tty of Linux that is not open.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import { hostTimer, type After, type KernelLog } from '../kernel/index.js';
import { NO_TTYS, type TermiosDefaults, type Tty, type TtyHost, type TtyOptions } from '../virtio/index.js';
import { loadPty, type OpenPty, type PtyPair } from './pty_binding.js';
import { PtyLine } from './pty_line.js';

/** As Linux makes the nodes. */
const NODE_MODE = 0o600;

/** What stty(1) has to change of a new pty, which is as tty_std_termios has it. */
const CHANGES: Readonly<Record<TermiosDefaults, readonly string[]>> = {
  raw: ['-echo', '-icanon', '-opost', '-onlcr', 'hupcl'],
  cooked: [],
};

/** Longer than stty(1) takes on any machine, ms. */
const LONGEST_STTY = 10_000;

export interface PtyHostOptions {
  readonly timer?: After;
  readonly load?: () => OpenPty;
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1).join();

export class PtyHost implements TtyHost {
  readonly #timer: After;
  readonly #load: () => OpenPty;
  #openPty: OpenPty | undefined;
  /** The settings that are being made: one at a time, however many terminals a remote side asks for. */
  #settings: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: KernelLog,
    { timer = hostTimer, load = loadPty }: PtyHostOptions = {},
  ) {
    this.#timer = timer;
    this.#load = load;
  }

  open(name: string, options: TtyOptions): Tty {
    try {
      this.#openPty ??= this.#load();
      const [columns, rows] = options.size ?? [0, 0];
      const line = this.#line(this.#openPty(columns, rows), options);
      this.#announce(name, line, options);
      return line;
    } catch (error) {
      this.#complain(name, reasonOf(error));
      return NO_TTYS.open(name, options);
    }
  }

  #line(pair: PtyPair, options: TtyOptions): PtyLine {
    try {
      chmodSync(pair.path, NODE_MODE);
      return new PtyLine(pair, options, this.#timer);
    } catch (error) {
      closeSync(pair.master);
      throw error;
    } finally {
      // it would stay open in child processes; the line has its own
      closeSync(pair.slave);
    }
  }

  #announce(name: string, line: PtyLine, options: TtyOptions): void {
    this.#settings = this.#settings.then(() => (line.ended ? undefined : this.#begin(name, line, options)));
  }

  async #begin(name: string, line: PtyLine, options: TtyOptions): Promise<void> {
    const failure = await set(line.path, CHANGES[options.termios]).then(() => undefined, reasonOf);
    if (line.ended) return;
    if (failure === undefined) {
      line.begin();
      options.ready(line.path);
    } else {
      line.hangup();
      this.#complain(name, failure);
    }
  }

  #complain(name: string, reason: string): void {
    this.log.print('err', `${name} has no node, as the host has no terminal for it: ${reason}`);
  }
}

/** @throws Error */
async function set(path: string, changes: readonly string[]): Promise<void> {
  if (changes.length === 0) return;
  const ended: unknown[] = await once(stty(path, changes), 'exit');
  if (ended[0] !== 0) throw new Error(`stty ended with status ${String(ended[0])}`);
}

/** It is given the terminal itself: by the time that it runs, the path may be another's. */
function stty(path: string, changes: readonly string[]): ChildProcess {
  const slave = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  try {
    return spawn('stty', changes, { stdio: [slave, 'ignore', 'ignore'], timeout: LONGEST_STTY });
  } finally {
    closeSync(slave);
  }
}
