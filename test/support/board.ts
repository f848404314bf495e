/**
 * A machine as a user has one: `bin/mips-rprocfs mount` on a temporary ROOT, used by shells. Nothing of it is left when the
 * test ends, whatever happened: neither a mount nor a process.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endian } from '../../src/emu/hardware.js';
import { mounts, type Mount } from '../../src/fs/index.js';
import { run, type Ran } from '../fs/mounted.js';
import { AS_USER } from './environment.js';
import { fixture } from './fixtures.js';
import { repository } from './repository.js';

interface Test {
  teardown(clean: () => Promise<void>): void;
}

export const PROGRAM = join(repository, 'bin/mips-rprocfs');
export const mipsRprocfs = (...args: string[]): Promise<Ran> => run(process.execPath, PROGRAM, ...args);

/** Long enough for a busy machine, short enough to clean up before the test runner gives up; ms. */
const PATIENCE = 20_000;

/** What `promise` gives; throws when that takes too long. */
export async function within<T>(promise: Promise<T>, what: () => string): Promise<T> {
  const over = new AbortController();
  const late = delay(PATIENCE, undefined, { signal: over.signal }).then(() => {
    throw new Error(`waited in vain for ${what()}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
}

export const mountsBelow = async (path: string): Promise<Mount[]> =>
  (await mounts()).filter(({ mountpoint }) => mountpoint.startsWith(path));

/** Undefined when the mount is not ours. */
export const servingProcess = ({ source }: Mount): string | undefined => /^mips-rprocfs@(\d+)$/.exec(source)?.[1];

/** A directory for ROOTs; whatever is still mounted there, or serves it, ends with the test. */
export async function scratch(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mips-rprocfs-e2e-'));
  t.teardown(async () => {
    for (const mount of (await mountsBelow(path)).reverse()) {
      const pid = servingProcess(mount);
      if (pid !== undefined) await run('kill', '-9', pid);
      await run('umount', '-l', mount.mountpoint);
    }
    // rm would go into what is still mounted
    if ((await mountsBelow(path)).length > 0) throw new Error(`something is still mounted below ${path}`);
    await rm(path, { recursive: true });
  });
  return path;
}

const TIME = /^\[ *\d+\.\d{6}\] /;

/** The kernel log, as the foreground process prints it. It is read at once, so that no line is lost, and kept. */
export class Log {
  readonly #lines: string[] = [];
  #read = 0;
  #marks = 0;
  #more = Promise.resolve();

  constructor(
    stream: Readable,
    private readonly mark: (text: string) => Promise<unknown>,
  ) {
    const input = createInterface({ input: stream });
    let tell = (): void => undefined;
    const renew = () => {
      tell();
      this.#more = new Promise((resolve) => (tell = resolve));
    };
    renew();
    input.on('line', (line) => {
      this.#lines.push(line);
      renew();
    });
    input.on('close', () => {
      this.#lines.push('');
      tell();
    });
  }

  /** The next line as it is printed; empty at the end. */
  async line(wanted: () => string): Promise<string> {
    while (this.#read >= this.#lines.length) await within(this.#more, wanted);
    const line = this.#lines[this.#read] ?? '';
    if (line !== '') this.#read++;
    return line;
  }

  /** The lines up to and with the first one that matches, without their times. */
  async until(wanted: RegExp): Promise<string[]> {
    const passed: string[] = [];
    for (;;) {
      const line = await this.line(() => `${wanted.source} after:\n${passed.join('\n')}`);
      if (line === '') throw new Error(`the log ended before ${wanted.source}, after:\n${passed.join('\n')}`);
      if (!TIME.test(line)) throw new Error(`no line of a kernel log: ${line}`);
      passed.push(line.replace(TIME, ''));
      if (wanted.test(passed.at(-1) ?? '')) return passed;
    }
  }

  /** All lines that `action` brings, without their times; `last` is the one to wait for, when it comes later. */
  async during(action: () => Promise<unknown>, last?: RegExp): Promise<string[]> {
    await this.#upToMark();
    await action();
    const first = last === undefined ? [] : await this.until(last);
    return [...first, ...(await this.#upToMark())];
  }

  /** A line of the test's own tells what came before it. */
  async #upToMark(): Promise<string[]> {
    const text = `mark-${++this.#marks}`;
    await this.mark(text);
    return (await this.until(new RegExp(`Unrecognised option: ${text}$`))).slice(0, -1);
  }
}

export interface BoardOptions {
  readonly endian?: Endian;
  /** Further arguments of `mount`. */
  readonly args?: readonly string[];
  /** A command that runs the server, such as setpriv with its options. */
  readonly under?: readonly string[];
  /** In a mount namespace of its own: a new one of anybody else would keep a copy of the mount, and so the server. */
  readonly apart?: true;
  /** A ROOT of an earlier board; else a new one. */
  readonly root?: string;
}

export class Board {
  readonly log: Log;
  readonly exited: Promise<unknown>;

  private constructor(
    readonly root: string,
    readonly endian: Endian,
    readonly server: ChildProcessByStdio<null, null, Readable>,
    /** A command that enters its mount namespace. */
    private readonly enter: readonly string[],
  ) {
    this.exited = once(server, 'exit');
    // every machine of more than one CPU has a remoteproc0; a word that is no verb does nothing but be logged
    this.log = new Log(server.stderr, (text) => this.sh(`printf ${text} > $C/remoteproc0/state`));
  }

  /** A mounted machine, with its log read up to where it can be used. */
  static async mount(
    t: Test,
    { endian = 'le', args = [], under = [], apart, root }: BoardOptions = {},
  ): Promise<Board> {
    const path = root ?? (await scratch(t));
    const [command = '', ...rest] = [
      ...AS_USER,
      ...(apart ? ['unshare', '-m'] : []),
      ...under,
      process.execPath,
      PROGRAM,
      'mount',
      path,
      '--endian',
      endian,
      ...args,
    ];
    const server = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    const board = new Board(path, endian, server, apart ? ['nsenter', '-m', '-t', String(server.pid)] : []);
    t.teardown(() => board.#end());
    const said: string[] = [];
    while (!/^mips-rprocfs: .* mounted; Ctrl-C ends it$/.test(said.at(-1) ?? '')) {
      const line = await board.log.line(() => 'the mount');
      if (line === '') throw new Error(`it ended before it was mounted:\n${said.join('\n')}`);
      said.push(line);
    }
    return board;
  }

  get pid(): number {
    if (this.server.pid === undefined) throw new Error('the server did not start');
    return this.server.pid;
  }

  /**
   * Runs a script that knows $ROOT, $C (class/remoteproc), $D (debugfs remoteproc), $CPU (devices/system/cpu) and $FW
   * (where firmware is looked up).
   */
  sh(script: string, ...args: string[]): Promise<Ran> {
    const sys = `${this.root}/sys`;
    const places = {
      ROOT: this.root,
      C: `${sys}/class/remoteproc`,
      D: `${sys}/kernel/debug/remoteproc`,
      CPU: `${sys}/devices/system/cpu`,
      FW: `${this.root}/lib/firmware`,
    };
    const known = Object.entries(places).map(([name, path]) => `${name}=${path}`);
    return run('env', ...this.enter, 'sh', '-c', `${known.join('; ')}\n${script}`, 'sh', ...args);
  }

  /** What `script` prints; throws when it fails, or complains. */
  async out(script: string, ...args: string[]): Promise<string> {
    const { out, err, status } = await this.sh(script, ...args);
    if (status !== 0 || err !== '') throw new Error(`${script}: status ${status}: ${err}${out}`);
    return out;
  }

  /** Returns when the shell command `condition` succeeds. */
  async until(condition: string): Promise<void> {
    await this.out(`until { ${condition}; } 2> /dev/null; do sleep 0.02; done`);
  }

  /** Copies fixtures to where firmware is looked up. */
  async install(...names: string[]): Promise<void> {
    for (const name of names)
      await copyFile(fixture(this.endian, name), join(this.root, 'lib/firmware', `${name}.elf`));
  }

  async installAs(name: string, image: Uint8Array): Promise<void> {
    await writeFile(join(this.root, 'lib/firmware', name), image);
  }

  /** Starts a fixture on remoteproc<n>. */
  async start(n: number, name: string): Promise<void> {
    await this.install(name);
    await this.out(`echo ${name}.elf > $C/remoteproc${n}/firmware && echo start > $C/remoteproc${n}/state`);
  }

  async #end(): Promise<void> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) return;
    this.server.kill('SIGTERM');
    try {
      await within(this.exited, () => 'the server to end');
    } finally {
      this.server.kill('SIGKILL');
    }
  }
}
