/** Clients that use everything of a machine as fast as they can, until there is none any more. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { within, type Board } from '../support/board.js';
import { AS_USER } from '../support/environment.js';

interface Test {
  teardown(clean: () => Promise<void>): void;
}

/** What one does again and again, in a shell that knows the places; each round of it ends whatever the machine does. */
export const HABITS = {
  reads: 'read -r x < $C/remoteproc0/state; read -r x < $C/remoteproc1/name',
  starts: 'printf start > $C/remoteproc2/state; printf stop > $C/remoteproc2/state',
  nonsense: 'printf nonsense > $C/remoteproc1/state; printf x > $C/remoteproc1/firmware',
  trace: 'cat $D/remoteproc0/trace0 $D/remoteproc1/trace0 > /dev/null',
  debugfs: 'cat $D/remoteproc*/carveout_memories $D/remoteproc*/resource_table > /dev/null; ls -lR $D > /dev/null',
  crashes: 'printf 2 > $D/remoteproc1/crash',
  log: 'dd if=$ROOT/dev/kmsg iflag=nonblock bs=8192 count=50 of=/dev/null',
  rpmsg: 'exec 3<> $ROOT/dev/rpmsg0 && printf hello >&3 && dd bs=512 count=1 <&3 > /dev/null; exec 3>&-',
} as const;
export type Habit = keyof typeof HABITS;

export const SIXTEEN: readonly Habit[] = [...Object.keys(HABITS), ...Object.keys(HABITS)].filter(isHabit);

function isHabit(name: string): name is Habit {
  return name in HABITS;
}

/** Their shells, that end when the machine is not there any more. */
export class Hammer {
  readonly #clients: readonly ChildProcessByStdio<null, Readable, null>[];
  readonly #ends: Promise<unknown>;

  constructor(t: Test, { root }: Board, habits: readonly Habit[] = SIXTEEN) {
    const places = `ROOT=${root}; C=$ROOT/sys/class/remoteproc; D=$ROOT/sys/kernel/debug/remoteproc`;
    const [env = '', ...rest] = AS_USER;
    this.#clients = habits.map((habit) => {
      const script = `${places}; go() { ${HABITS[habit]}; }
        go; echo going; while [ -d $C/remoteproc0 ]; do go; done`;
      return spawn(env, [...rest, 'bash', '-c', `exec 2> /dev/null; ${script}`], {
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      });
    });
    this.#ends = Promise.all(this.#clients.map((client) => once(client, 'exit')));
    t.teardown(async () => {
      this.kill();
      await this.#ends;
    });
  }

  /** When each has done all that it does. */
  async going(): Promise<void> {
    await within(Promise.all(this.#clients.map(({ stdout }) => once(stdout, 'data'))), () => 'the clients to begin');
  }

  /** When all have ended by themselves. @throws Error */
  async ended(): Promise<void> {
    await within(this.#ends, () => `clients to end: ${this.#left().join(' ')}`);
  }

  /** SIGKILL for all that are left, and what they have started. */
  kill(): void {
    for (const pid of this.#left()) process.kill(-pid, 'SIGKILL');
  }

  #left(): number[] {
    return this.#clients.flatMap(({ pid, exitCode, signalCode }) =>
      pid === undefined || exitCode !== null || signalCode !== null ? [] : [pid],
    );
  }
}
