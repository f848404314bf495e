/** A client of the soak: a shell that does as it is told, until it is killed in the middle of something. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AS_USER } from '../support/environment.js';

export interface Answer {
  /** Standard output and error. */
  readonly out: string;
  readonly status: number;
}

/** The client was killed before it had answered. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Stands between what a script prints and its exit status. */
const END = '\u0001';
/** Longer than anything takes here on the slowest machine, ms. */
export const PATIENCE = 300_000;

export class Client {
  readonly #shell: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exited: Promise<unknown>;
  #text = '';
  #more = (): void => undefined;
  #dead = false;

  /** `variables` are known to its scripts. */
  constructor(variables: Readonly<Record<string, string>>) {
    const [env = '', ...rest] = AS_USER;
    const known = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    // a group of its own, so that what it has started can be killed with it
    this.#shell = spawn(env, [...rest, ...known, 'bash', '--norc', '--noprofile'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    this.#exited = once(this.#shell, 'exit').then(() => {
      this.#dead = true;
      this.#more();
    });
    this.#shell.stdin.on('error', () => undefined);
    this.#shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#more();
    });
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Runs a script. @throws Killed; Error when it takes too long. */
  async ask(script: string): Promise<Answer> {
    this.#text = '';
    this.#shell.stdin.write(`{ ${script}\n} < /dev/null 2>&1; printf '\\001%d\\n' $?\n`);
    const late = new AbortController();
    const patience = delay(PATIENCE, 'late', { signal: late.signal }).catch(() => 'answered');
    try {
      for (;;) {
        const [out = '', status, ...rest] = this.#text.split(END);
        if (status?.endsWith('\n') === true && rest.length === 0) return { out, status: Number(status) };
        if (this.#dead) throw new Killed(`${script}\n${this.#text}`);
        const more = new Promise<void>((resolve) => (this.#more = resolve));
        if ((await Promise.race([more, patience])) === 'late') throw new Error(`no answer to:\n${script}\n${out}`);
      }
    } finally {
      late.abort();
    }
  }

  /** SIGKILL for it and all that it has started; returns when none of them has anything open any more. */
  async kill(): Promise<void> {
    const { pid } = this.#shell;
    if (pid === undefined) return;
    if (!this.#dead) process.kill(-pid, 'SIGKILL');
    await this.#exited;
    const deadline = Date.now() + PATIENCE;
    while ((await groupOf(pid)).length > 0) {
      if (Date.now() > deadline) throw new Error(`processes do not end: ${(await groupOf(pid)).join(' ')}`);
      await delay(10);
    }
  }
}

/** The members of a process group of which more is left than an exit status. */
async function groupOf(pgid: number): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return group === String(pgid) && state !== 'Z' && state !== 'X' ? [`${pid} (${state})`] : [];
    }),
  );
  return found.flat();
}
