/** Clients of terminals, which must not be children of a process that makes ptys: they would inherit its masters. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AS_USER } from '../support/environment.js';
import { within } from '../support/board.js';

interface Test {
  teardown(clean: () => Promise<void>): void;
}

export interface Finished {
  /** What it printed, errors included, as latin1. */
  readonly out: string;
  readonly status: number;
}

/** A shell that was started before there was any pty, and runs what it is told, side by side. */
export class Clients {
  #count = 0;
  readonly #shell;
  readonly #awaited = new Map<string, (status: number) => void>();

  private constructor(readonly directory: string) {
    this.#shell = spawn('setsid', [...AS_USER, 'sh'], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#shell.stdout }).on('line', (line) => {
      const [name = '', status] = line.split(' ');
      this.#awaited.get(name)?.(Number(status));
    });
  }

  static async start(t: Test): Promise<Clients> {
    const clients = new Clients(await mkdtemp(join(tmpdir(), 'mips-rprocfs-clients-')));
    t.teardown(async () => {
      clients.#shell.stdin.end();
      clients.#shell.kill();
      await rm(clients.directory, { recursive: true });
    });
    return clients;
  }

  /** Runs a script; it ends by itself, or after 20 s with status 124. */
  async sh(script: string): Promise<Finished> {
    const name = String(this.#count++);
    const output = join(this.directory, name);
    const ended = new Promise<number>((resolve) => this.#awaited.set(name, resolve));
    const quoted = `'${script.replaceAll(`'`, `'\\''`)}'`;
    this.#shell.stdin.write(`{ timeout -k 1 20 sh -c ${quoted} > ${output} 2>&1 < /dev/null; echo "${name} $?"; } &\n`);
    const status = await within(ended, () => script);
    return { out: await readFile(output, 'latin1'), status };
  }
}
